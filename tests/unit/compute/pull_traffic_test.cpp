#include "compute/pull_traffic.h"

#include <doctest/doctest.h>

namespace berth::compute {
namespace {

using namespace std::chrono_literals;

constexpr PullTraffic::Time kStart{};

PullState downloading(uint64_t bytes)
{
    return {.bytes_done = bytes, .is_downloading = true};
}

PullState held_up()
{
    return {.is_held_up = true};
}

TEST_CASE("a slow pull keeps its place while nobody waits")
{
    PullTraffic traffic;
    const uint64_t slow = traffic.enter(kStart);
    for (int second = 0; second < 100; ++second)
        CHECK_FALSE(traffic.must_give_way(slow, downloading(1), kStart + second * 1s));
}

TEST_CASE("as many slow pulls give way as others wait, the slowest first, and never a fast one")
{
    PullTraffic traffic;
    const uint64_t stalled = traffic.enter(kStart);
    const uint64_t slow = traffic.enter(kStart);
    const uint64_t fast = traffic.enter(kStart);
    const uint64_t waiting = traffic.enter(kStart);
    for (uint64_t second = 0; second < 4; ++second) {
        const auto now = kStart + second * 1s;
        CHECK_FALSE(traffic.must_give_way(stalled, downloading(10'000), now));
        CHECK_FALSE(traffic.must_give_way(slow, downloading(second * 50'000), now));
        CHECK_FALSE(traffic.must_give_way(fast, downloading(second * 5'000'000), now));
        CHECK_FALSE(traffic.must_give_way(waiting, held_up(), now));
    }
    CHECK(traffic.must_give_way(stalled, downloading(10'000), kStart + 8s));
    CHECK_FALSE(traffic.must_give_way(slow, downloading(200'000), kStart + 8s));
    CHECK_FALSE(traffic.must_give_way(fast, downloading(20'000'000), kStart + 8s));
    traffic.leave(stalled);
    CHECK_FALSE(traffic.must_give_way(waiting, downloading(0), kStart + 9s)); // it has the place now
    CHECK_FALSE(traffic.must_give_way(slow, downloading(200'000), kStart + 9s));
}

TEST_CASE("when all wait and none gets anything the first gives way in the end")
{
    PullTraffic traffic;
    const uint64_t silent = traffic.enter(kStart);
    const uint64_t next = traffic.enter(kStart + 1s);
    for (int second = 1; second < 10; ++second) {
        CHECK_FALSE(traffic.must_give_way(silent, held_up(), kStart + second * 1s));
        CHECK_FALSE(traffic.must_give_way(next, held_up(), kStart + second * 1s));
    }
    CHECK_FALSE(traffic.must_give_way(next, held_up(), kStart + 12s));
    CHECK(traffic.must_give_way(silent, held_up(), kStart + 12s));
}

} // namespace
} // namespace berth::compute
