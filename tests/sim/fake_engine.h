#pragma once
// An Engine in memory: what a lease has by its label, jobs that take time, fail, or are executed and never answered.
// It remembers every container's life, which is what a consumer got for the money.

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
    void heal() { is_down_ = false; }

private:
    [[nodiscard]] provider::JobResult execute(const provider::Job& job);
    [[nodiscard]] provider::JobResult lose(const provider::Job& job, const Error& error) const;
    [[nodiscard]] Result<compute::Workload> create(const compute::WorkloadSpec& spec);
    [[nodiscard]] Result<void> destroy(const std::string& lease);
    [[nodiscard]] ContainerLife* find_running(const std::string& lease);

    Clockwork& clock_;
    Dice& dice_;
    Faults& faults_;
    Process& process_;
    std::vector<ContainerLife> history_;
    std::set<std::string> networks_; ///< by lease
    std::set<std::string> images_;
    bool is_down_ = false;
};

} // namespace berth::sim
