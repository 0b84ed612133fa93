#pragma once
// What a compute backend must do for a lease. Calls block and run on worker lanes; each is idempotent: objects carry
// the lease's name and label, and doing it twice is harmless. Nothing here knows Nostr, Cashu or money.

#include "util/result.h"
#include "util/time.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace berth::compute {

struct PortMapping {
    uint16_t container_port = 0;
    uint16_t host_port = 0;
    std::string protocol = "tcp"; ///< what the Engine publishes: tcp or udp
    std::string label{};          ///< shown to the consumer
    std::string scheme = "tcp";   ///< shown to the consumer: http, ws, tcp …
};

/// A workload to be made. Every string from a consumer is data: never an option, a path or part of a shell line.
/// What every object of a workload is named and labelled by.
struct WorkloadName {
    uint32_t number = 0; ///< of the id range; the container is `paygress-<number>`
    std::string lease;   ///< label value that ties every object to its lease
};

struct WorkloadSpec {
    uint32_t number = 0; ///< these two: see WorkloadName
    std::string lease;
    std::string image; ///< reference, checked by parse_image_reference
    uint32_t cpu_millicores = 0;
    uint64_t memory_mb = 0;
    uint64_t disk_gb = 0;
    uint32_t pids_max = 256;
    uint32_t nofile_max = 1024;
    std::map<std::string, std::string> environment;
    std::vector<std::string> command; ///< empty: the image's
    std::vector<PortMapping> ports;
    std::string publish_address = "0.0.0.0"; ///< host address the ports are bound to
    std::string data_path;                   ///< mount point of the data volume `paygress-<number>-data`; empty: none
    bool encrypted = false;                  ///< the data volume opens with the tenant's key only
    std::string data_device{};               ///< ext4 device under the data volume; empty: a directory of the Engine's
    /// Stdin stays open, so that an image whose command is a shell (plain OS images) waits instead of ending at once;
    /// SIGTERM, passed on by init, still ends it, and an image with a server runs its server.
    bool keep_alive = false;
};

struct Workload {
    std::string container_id; ///< the Engine's own id; addressed by it from then on
    std::string network_id;
    std::string ip; ///< the container's address
    bool running = false;
    int exit_code = 0;
    bool out_of_memory = false;
    std::string status; ///< the Engine's word: running, exited, created …
};

enum class ImageState { present, absent };

/// An image that lies on the Engine's disk.
struct StoredImage {
    std::string id;
    uint64_t size_bytes = 0;          ///< unpacked; layers that images share count in each
    std::vector<std::string> names{}; ///< as the Engine spells them: name:tag and name@digest
};

/// What the Engine says of itself, read at start and after each reconnect.
struct EngineInfo {
    std::string version;
    std::string api_version;
    uint32_t cpus = 0;
    uint64_t memory_bytes = 0;
    std::string storage_driver;
    std::string root_dir;
    std::vector<std::string> runtimes;
    std::string runtime{}; ///< the one that leases get: the operator's, or the Engine's default
};

/// Whether leases are kept from the host, from each other and from private networks.
struct Isolation {
    enum class State {
        off,       ///< nobody asked for it: nothing is promised
        contained, ///< seen to hold just now
        failed,    ///< asked for, and not to be had now: nothing may be started
    };
    State state = State::off;
    std::string why_not{}; ///< of failed: a sentence with what to do
};

/// What stands for the lease on objects that are there for a moment only, to see what the Engine can do.
inline constexpr std::string_view kNetworkProbePrefix = "isolation-probe-";
inline constexpr std::string_view kLimitsTrialPrefix = "limits-";
[[nodiscard]] inline bool is_trial(std::string_view lease)
{
    return lease.starts_with(kNetworkProbePrefix) || lease.starts_with(kLimitsTrialPrefix);
}

/// One object of ours that the Engine holds, found by label.
struct LabelledObject {
    std::string kind; ///< container, network, volume
    std::string id;
    std::string name;
    std::string lease;
    std::string state{}; ///< of a container, in the Engine's word: running, exited, created …
};

/// What the Engine's event stream tells. Hints only: what is missed while it is down is never told.
struct EngineEvent {
    enum class Kind {
        connected, ///< what happened before is not told: look at everything
        changed,   ///< a lease's container exited or was removed
        quiet,     ///< nothing, about once a second
    };
    Kind kind = Kind::quiet;
    std::string lease{}; ///< of `changed`
};

/// What the Engine can hold a lease to.
struct EngineLimits {
    bool sized_root = false; ///< root file systems end at the size that was bought
    std::string sized_root_why_not{};
    std::map<uint32_t, std::string>
        nofile_refused{}; ///< limits on open files that can't be set, and the Engine's words
};

struct DiskLimit {
    uint64_t bytes_max = 0;
    uint64_t entries_max = 0; ///< files and directories
};

/// What a container takes of the Engine's disk: its root file system's changes, and its volumes without a size.
struct DiskUse {
    uint64_t bytes = 0;
    uint64_t entries = 0; ///< 0 where they can't be counted
    bool is_more = false; ///< counting ended beyond the limit: it is more than this
};

class Backend {
public:
    virtual ~Backend() = default;

    /// unavailable: the Engine can't be reached, which never means that something is gone.
    [[nodiscard]] virtual Result<EngineInfo> info() = 0;
    /// bad_input: it is there, and is more than can be sold.
    [[nodiscard]] virtual Result<ImageState> find_image(const std::string& image) = 0;
    /// Puts the isolation of leases in place, or finds that it still is. A backend that knows none keeps this one.
    [[nodiscard]] virtual Isolation ensure_isolation() { return {}; }
    /// not_found, refused (denied by the registry), unavailable (registry or Engine down, or too slow), bad_input (too
    /// large), corrupt (a layer is not what its digest says). After a failure nothing of it stays.
    [[nodiscard]] virtual Result<StoredImage> pull_image(const std::string& image, std::chrono::seconds deadline) = 0;
    /// All named images, whoever brought them.
    [[nodiscard]] virtual Result<std::vector<StoredImage>> list_images() = 0;
    /// Takes the name away, and with its last name the image, but only while it still means the image `id`. conflict: a
    /// container uses it. not_found: it is gone, or means another image by now.
    [[nodiscard]] virtual Result<void> remove_image(const std::string& image, const std::string& id) = 0;
    /// Makes the network ahead of `create`, which then uses it; `destroy` takes it back. After a failure nothing of it
    /// stays. conflict: the name is another's. A backend without networks keeps this one.
    [[nodiscard]] virtual Result<void> prepare_network(const WorkloadName&) { return {}; }
    /// Network, volume, container, start, inspect. After a failure everything it made is gone again; outcome_unknown
    /// when the Engine could not be asked whether it is: then call destroy. conflict: the name or a host port is
    /// another's. A container that the lease has already is started if need be, and a failure then takes nothing away.
    [[nodiscard]] virtual Result<Workload> create(const WorkloadSpec& spec) = 0;
    [[nodiscard]] virtual Result<Workload> inspect(const std::string& container_id) = 0;
    /// Removes the lease's container, network and volume, by label; done only when the Engine confirms all are gone.
    [[nodiscard]] virtual Result<void> destroy(const std::string& lease) = 0;
    [[nodiscard]] virtual Result<std::vector<LabelledObject>> list_labelled() = 0;
    /// Tries limits on open files and on the root file system. A backend that has no limits to try keeps this one.
    [[nodiscard]] virtual Result<EngineLimits> try_limits(const std::set<uint32_t>&) { return EngineLimits{}; }
    /// Reads much where there is much, up to the limit.
    [[nodiscard]] virtual Result<DiskUse> measure_disk(const std::string&, const DiskLimit&) { return DiskUse{}; }
    /// The last lines of stdout and stderr, at most `bytes_max`.
    [[nodiscard]] virtual Result<std::string> logs(const std::string& container_id, uint32_t lines,
                                                   size_t bytes_max) = 0;
    /// Follows the Engine's events until `heard` returns false. An error when the stream ended by itself: unavailable,
    /// or what the Engine said against it.
    [[nodiscard]] virtual Result<void> watch(const std::function<bool(const EngineEvent&)>& heard) = 0;
};

} // namespace berth::compute
