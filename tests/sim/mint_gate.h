#pragma once
// The way to the fake mint and back, on which requests and answers get lost, late, or answered by something in between.

#include "sim/process.h"
#include "support/fake_mint.h"

namespace berth::sim {

class MintGate {
public:
    /// Told the body of each swap that arrives.
    using Listener = std::function<void(const std::string& body)>;

    MintGate(Clockwork& clock, Dice& dice, Faults& faults, Process& process, test::FakeMint& mint, Listener on_swap)
        : clock_{clock}, dice_{dice}, faults_{faults}, process_{process}, mint_{mint}, on_swap_{std::move(on_swap)}
    {
    }

    void send(uint64_t id, net::HttpRequest request);
    void heal();
    /// From now on swaps are held on their way, and nobody hears of them; release_swaps() lets them arrive.
    void hold_swaps() { held_.emplace(); }
    void release_swaps();

private:
    [[nodiscard]] net::HttpResult exchange(const net::HttpRequest& request);

    Clockwork& clock_;
    Dice& dice_;
    Faults& faults_;
    Process& process_;
    test::FakeMint& mint_;
    Listener on_swap_;
    std::optional<std::vector<net::HttpRequest>> held_;
};

} // namespace berth::sim
