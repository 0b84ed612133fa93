#include "sim/mint_gate.h"

namespace berth::sim {

using test::SwapFault;

namespace {

constexpr std::array kSwapFaults{
    SwapFault::lose_request,      SwapFault::lose_answer, SwapFault::rate_limit, SwapFault::rate_limit_after,
    SwapFault::bad_gateway_after, SwapFault::spent_after, SwapFault::refuse,     SwapFault::pending};

} // namespace

void MintGate::heal()
{
    mint_.down = false;
    mint_.swap_faults.clear();
}

void MintGate::release_swaps()
{
    const std::vector<net::HttpRequest> arriving = std::exchange(held_, {}).value();
    for (const net::HttpRequest& request : arriving)
        (void)mint_.answer(request); // whoever sent it has long stopped listening
}

net::HttpResult MintGate::exchange(const net::HttpRequest& request)
{
    if (request.url.ends_with("/v1/swap")) {
        if (held_) {
            held_->push_back(request);
            return fail(Errc::outcome_unknown, "timed out");
        }
        on_swap_(request.body);
        if (faults_.strike(30))
            mint_.swap_faults.push_back(kSwapFaults[dice_.below(kSwapFaults.size())]);
        if (faults_.strike(3))
            mint_.rotate();
        return mint_.answer(request);
    }
    if (faults_.strike(5))
        return fail(Errc::outcome_unknown, "reset");
    if (faults_.strike(3))
        return net::HttpResponse{.status = 429, .body = R"({"detail":"slow down"})"};
    if (faults_.strike(3))
        return net::HttpResponse{.status = 502, .body = "<html>"};
    return mint_.answer(request);
}

void MintGate::send(uint64_t id, net::HttpRequest request)
{
    process_.survive_effect();
    if (faults_.strike(2)) {
        mint_.down = true;
        clock_.after(dice_.between(1'000, 60'000), [this] { mint_.down = false; });
    }
    const bool is_slow = faults_.strike(5);
    const auto there = is_slow ? dice_.between(1'000, 40'000) : dice_.between(3, 150);
    clock_.after(there, [this, id, life = process_.life(), request = std::move(request)] {
        // What left before the process died may arrive at the mint all the same.
        if (life != process_.life() && dice_.chance(30))
            return;
        net::HttpResult answer = exchange(request);
        clock_.after(dice_.between(3, 150), [this, id, life, answer = std::move(answer)] {
            process_.post(life, provider::HttpDone{id, answer});
        });
    });
}

} // namespace berth::sim
