#pragma once
// An Engine in memory: what a lease has by its label, jobs that take time, fail, or are executed and never answered.
// It remembers every container's life, which is what a consumer got for the money. Encrypted volumes are a key and
// whether they are open: a host that loses its power finds them closed, and its containers stopped.

#include "sim/process.h"

#include <set>

namespace berth::sim {

/// One container from its start to its removal.
struct ContainerLife {
    std::string lease;
    uint32_t number = 0;
    std::string id;
    std::set<uint16_t> ports{};
    UnixTime started{};
    UnixTime removed = UnixTime::max();
    UnixTime cleared = UnixTime::max(); ///< when nothing of its lease was left any more
    bool encrypted = false;
    bool is_running = true;
    UnixTime changed{};                  ///< when it last started or stopped
    std::chrono::milliseconds served{0}; ///< in which it ran, up to then
    UnixTime power_lost{};               ///< the last time
    UnixTime noticed{};                  ///< when it was last looked at and found stopped, its volume closed
    bool vanished = false;               ///< somebody else removed it
    int exits = 0;
    int exit_code = 0;
    bool out_of_memory = false;
    std::optional<std::chrono::milliseconds> runs_for{}; ///< it exits by itself, that long after each start
};

/// What the daemon knows of a closed volume only from its key.
struct FakeVolume {
    Bytes key;
    bool is_open = false;
};

class FakeEngine final : public provider::JobRunner {
public:
    FakeEngine(Clockwork& clock, Dice& dice, Faults& faults, Process& process)
        : clock_{clock}, dice_{dice}, faults_{faults}, process_{process}
    {
    }

    void submit(provider::Job job) override;

    [[nodiscard]] const std::vector<ContainerLife>& history() const { return history_; }
    [[nodiscard]] std::vector<ContainerLife> running() const;
    [[nodiscard]] size_t networks() const { return networks_.size(); }
    void heal();
    /// The host loses its power: nothing runs, and no volume is open, when it is back after `down_for`.
    void lose_power(std::chrono::milliseconds down_for);
    [[nodiscard]] int power_cuts() const { return power_cuts_; }
    /// Some lease's container exits, of those that run; nothing happens where none does.
    void exit_one();
    /// Somebody removes a container of one of these leases.
    void remove_one(const std::vector<std::string>& leases);
    /// Volumes that were made with a key that had been lost with a process.
    [[nodiscard]] int keys_found_again() const { return keys_found_again_; }
    [[nodiscard]] size_t volumes() const { return volumes_.size(); }

private:
    void finish(const provider::Job& job, uint64_t life);
    [[nodiscard]] provider::JobResult execute(const provider::Job& job);
    [[nodiscard]] provider::JobResult lose(const provider::Job& job, const Error& error) const;
    [[nodiscard]] Result<void> ensure_network(const compute::WorkloadName& name);
    [[nodiscard]] Result<compute::Workload> create(const compute::WorkloadSpec& spec);
    [[nodiscard]] provider::JobResult create(const provider::CreateJob& job);
    [[nodiscard]] provider::JobResult resume(const provider::ResumeJob& job);
    [[nodiscard]] Result<compute::Workload> start_again(const provider::ResumeJob& job);
    [[nodiscard]] provider::JobResult inspect(const provider::InspectJob& job);
    enum class Absent { make, not_found };
    [[nodiscard]] Result<void> open_volume(const compute::WorkloadSpec& spec, const luks::VolumeKey* key,
                                           Absent absent);
    [[nodiscard]] bool is_open(const std::string& lease) const;
    void start(ContainerLife& life);
    void stop(ContainerLife& life);
    void plan_exit(const ContainerLife& life);
    void exit(ContainerLife& life);
    [[nodiscard]] ContainerLife* find_container(const std::string& id);
    /// The event stream's hint, which may be lost.
    void sign(provider::EngineSign sign);
    void go_down(std::chrono::milliseconds down_for);
    [[nodiscard]] Result<void> destroy(const std::string& lease);
    [[nodiscard]] ContainerLife* find_running(const std::string& lease);

    Clockwork& clock_;
    Dice& dice_;
    Faults& faults_;
    Process& process_;
    std::vector<ContainerLife> history_;
    std::map<std::string, uint32_t> networks_;  ///< by lease, its number
    std::map<std::string, FakeVolume> volumes_; ///< encrypted ones, by lease
    std::set<std::string> keyless_;             ///< leases whose volume was asked for without its key
    int keys_found_again_ = 0;
    int power_cuts_ = 0;
    std::set<std::string> images_;
    bool is_down_ = false;
};

} // namespace berth::sim
