#pragma once
// The way to the fake mint and back, on which requests and answers get lost, late, or answered by something in between.

#include "sim/process.h"
#include "support/fake_mint.h"

namespace berth::sim {

class MintGate {
public:
    MintGate(Clockwork& clock, Dice& dice, Faults& faults, Process& process, test::FakeMint& mint)
        : clock_{clock}, dice_{dice}, faults_{faults}, process_{process}, mint_{mint}
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
    std::optional<std::vector<net::HttpRequest>> held_;
};

} // namespace berth::sim
