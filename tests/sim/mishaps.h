#pragma once
// What befalls leases that run, from outside of the provider: containers exit, somebody removes one, and the operator
// empties the provider for a while, with or without ending what runs.

#include "provider/control_request.h"
#include "sim/fake_engine.h"

namespace berth::sim {

class Mishaps {
public:
    Mishaps(Clockwork& clock, Dice& dice, Process& process, FakeEngine& engine)
        : clock_{clock}, dice_{dice}, process_{process}, engine_{engine}
    {
    }

    /// Plans what happens within the given time; draining is over soon after it.
    void plan(std::chrono::milliseconds within);
    /// The provider answers a command.
    void take_answer(const std::string& line);

    /// While the operator knows that nothing is sold: since when.
    [[nodiscard]] const std::optional<UnixTime>& drained_since() const { return drained_since_; }
    [[nodiscard]] int drains() const { return drains_; }
    [[nodiscard]] bool evicts() const { return evicts_; }

private:
    /// Sends a command again and again, until it is answered.
    void ask(uint64_t id, const provider::control::Request& request);
    void remove_one();

    Clockwork& clock_;
    Dice& dice_;
    Process& process_;
    FakeEngine& engine_;
    std::set<uint64_t> answered_;
    std::optional<UnixTime> drained_since_;
    int drains_ = 0;
    bool evicts_ = false;
};

} // namespace berth::sim
