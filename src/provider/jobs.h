#pragma once
// What workers run for core: values in, one idempotent thing done, values out. A job never touches core's state.

#include "compute/backend.h"
#include "compute/node_status.h"
#include "luks/volume_key.h"
#include "provider/lease_files.h"
#include "provider/volumes.h"

#include <memory>
#include <string>
#include <variant>

namespace berth::provider {

/// Groups of worker threads that never lend each other a thread, so that pulls can't starve a stop.
enum class Lane {
    engine, ///< create, prepare, inspect: eight threads, the Engine's own rate
    end,    ///< destroy, remove an image: two
    slow,   ///< pulls: as many as Images lets out
    host,   ///< surveys and node status: one
    logs,   ///< what containers wrote: two
    files,  ///< leases' files: one, so that they change in the order of the rows
};

struct FindImageJob {
    std::string image;
};
struct PullImageJob {
    std::string image;
    std::chrono::seconds deadline;
};
struct RemoveImageJob {
    std::string image;
    std::string id; ///< it is removed only while its name still means this one
};
/// Ahead of the lease, or while its mint is being asked.
struct PrepareNetworkJob {
    compute::WorkloadName name;
};
struct CreateJob {
    compute::WorkloadSpec spec;
    std::shared_ptr<const luks::VolumeKey> key{}; ///< of an encrypted volume that isn't open
};
/// Starts a lease's container again, on the volume that it has.
struct ResumeJob {
    compute::WorkloadSpec spec;
    std::shared_ptr<const luks::VolumeKey> key{};
    std::string container_id{}; ///< when the Engine has it no more, none is made in its place; empty: any
};
struct InspectJob {
    std::string lease;
    std::string container_id;
    bool encrypted = false;
};
struct DestroyJob {
    std::string lease;
};
/// The last lines that a lease's container wrote. `ticket` tells who asked.
struct ReadLogsJob {
    uint64_t ticket = 0;
    std::string lease;
    std::string container_id;
    uint32_t lines = 0;
    size_t bytes_max = 0;
};
/// Engine's own facts, the host's status, and what carries our labels.
struct SurveyJob {};
struct NodeStatusJob {};
/// What may be promised here, found out by doing it: puts leases' isolation in place where it isn't, and tries once
/// which volumes can be made.
struct CheckHostJob {};

/// Which limits on open files the Engine can set, and whether it sizes root file systems.
struct TryLimitsJob {
    std::set<uint32_t> nofile;
};
/// One lease after the other, for as long as a round may take.
struct MeasureDiskJob {
    struct Item {
        std::string lease;
        std::string container_id;
        compute::DiskLimit limit;
    };
    std::vector<Item> items;
};

/// The files of leases: provider/lease_files.h.
struct ReadLeaseFilesJob {};
struct WriteLeaseFileJob {
    std::string lease;
    std::string text; ///< empty: it goes
};
struct SettleLeaseFilesJob {
    std::map<std::string, std::string> texts;
    std::set<std::string> set_aside;
};

using Job = std::variant<FindImageJob, PullImageJob, RemoveImageJob, PrepareNetworkJob, CreateJob, ResumeJob,
                         InspectJob, DestroyJob, ReadLogsJob, SurveyJob, NodeStatusJob, CheckHostJob, TryLimitsJob,
                         MeasureDiskJob, ReadLeaseFilesJob, WriteLeaseFileJob, SettleLeaseFilesJob>;

struct ImageFound {
    std::string image;
    Result<compute::ImageState> state;
};
struct ImagePulled {
    std::string image;
    Result<compute::StoredImage> outcome;
};
struct ImageRemoved {
    std::string image;
    Result<void> outcome;
};
struct NetworkPrepared {
    std::string lease;
    Result<void> outcome;
};
struct WorkloadCreated {
    std::string lease;
    Result<compute::Workload> outcome;
    bool key_needed = false; ///< its encrypted volume isn't open, and no key came with the job
};
struct WorkloadResumed {
    std::string lease;
    Result<compute::Workload> outcome;
    bool is_gone = false;   ///< the Engine says that the job's container is no more
    bool is_closed = false; ///< it failed, and its encrypted volume is closed
};
struct WorkloadInspected {
    std::string lease;
    Result<compute::Workload> outcome;
    bool is_locked = false; ///< its encrypted volume is closed
};
struct WorkloadDestroyed {
    std::string lease;
    Result<void> outcome;
};
struct LogsRead {
    uint64_t ticket = 0;
    std::string lease;
    Result<std::string> text;
};
struct Surveyed {
    Result<compute::EngineInfo> engine;
    Result<std::vector<compute::LabelledObject>> objects;
    Result<std::vector<compute::StoredImage>> images = fail(Errc::unavailable, "images were not listed");
    std::optional<uint64_t> disk_free{}; ///< bytes, on the Engine's disk; absent where it can't be seen from here
};
struct HostChecked {
    compute::Isolation isolation{};
    VolumeAbilities volumes{};
};
struct NodeStatusRead {
    Result<compute::NodeStatus> status;
};

struct LimitsTried {
    Result<compute::EngineLimits> limits;
};
struct DiskMeasured {
    struct Item {
        std::string lease;
        Result<compute::DiskUse> use;
    };
    std::vector<Item> items; ///< the first ones of the job, as far as its time went
};

struct LeaseFilesRead {
    Result<std::vector<LeaseFileText>> files;
};
/// One of them, or all.
struct LeaseFilesWritten {
    Result<void> outcome;
};

/// Not the answer to a job: a sign from the Engine's event stream.
struct EngineSign {
    enum class Kind { connected, lost, changed };
    Kind kind = Kind::connected;
    std::string lease{}; ///< of `changed`: its container exited or was removed
};

using JobResult = std::variant<ImageFound, ImagePulled, ImageRemoved, NetworkPrepared, WorkloadCreated, WorkloadResumed,
                               WorkloadInspected, WorkloadDestroyed, LogsRead, Surveyed, NodeStatusRead, HostChecked,
                               LimitsTried, DiskMeasured, LeaseFilesRead, LeaseFilesWritten, EngineSign>;

[[nodiscard]] Lane lane_of(const Job& job);

/// What jobs are done with. `status` is touched by NodeStatusJob only, whose lane has one thread.
struct JobTools {
    compute::Backend& backend;
    TenantVolumes& volumes;
    LeaseFiles& files;
    compute::NodeStatusReader& status;
};

/// What a worker does with a job.
[[nodiscard]] JobResult run_job(const Job& job, const JobTools& tools);

/// Takes jobs from core. Results come back as messages in core's inbox.
class JobRunner {
public:
    virtual ~JobRunner() = default;
    virtual void submit(Job job) = 0;
};

} // namespace berth::provider
