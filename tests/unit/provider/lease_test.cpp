#include "provider/budget.h"
#include "provider/lease.h"

#include <doctest/doctest.h>

namespace berth::provider {
namespace {

using namespace std::chrono_literals;

const UnixTime t0 = from_unix_seconds(1'800'000'000);

TEST_CASE("a lease ends at its expiry, not one tick before")
{
    const Lease lease{.state = LeaseState::running, .expires_at = t0};
    CHECK(next_step(lease, t0 - 1ms) == LeaseStep::wait);
    CHECK(next_step(lease, t0) == LeaseStep::expire);
    CHECK(next_due(lease) == t0);
}

TEST_CASE("a lease whose top-up is being redeemed waits for it, but not for ever")
{
    const Lease lease{.state = LeaseState::running, .expires_at = t0, .top_ups_open = 1};
    CHECK(next_step(lease, t0 + kTopUpGrace - 1ms) == LeaseStep::wait);
    CHECK(next_step(lease, t0 + kTopUpGrace) == LeaseStep::expire);
}

TEST_CASE("a locked lease's time stands still while its clock is stopped, and it waits for its key until a day")
{
    const Lease lease{
        .state = LeaseState::locked, .expires_at = t0, .clock_stopped_at = t0 - 10s, .locked_until = t0 + 1h};
    CHECK(expiry_of(lease, t0 + 100s) == t0 + 110s);
    CHECK(next_step(lease, t0 + 100s) == LeaseStep::wait);
    CHECK(next_step(lease, t0 + 1h) == LeaseStep::expire);
    CHECK(next_due(lease) == t0 + 1h);
    const Lease running{.state = LeaseState::locked, .expires_at = t0, .locked_until = t0};
    CHECK(expiry_of(running, t0 + 100s) == t0);
}

TEST_CASE("a reservation lapses when its mint is silent for too long, and only then")
{
    const Lease waiting{.state = LeaseState::redeeming, .reserved_until = t0};
    CHECK(next_step(waiting, t0 - 1ms) == LeaseStep::wait);
    CHECK(next_step(waiting, t0) == LeaseStep::lapse);
    CHECK(next_due(waiting) == t0);
    const Lease paid{.state = LeaseState::provisioning, .reserved_until = t0, .next_try = t0 + 1h};
    CHECK(next_step(paid, t0 + 1s) == LeaseStep::wait);
}

TEST_CASE("a step that failed is tried again when its time has come")
{
    const Lease making{.state = LeaseState::provisioning, .next_try = t0};
    CHECK(next_step(making, t0 - 1ms) == LeaseStep::wait);
    CHECK(next_step(making, t0) == LeaseStep::create);
    const Lease ending{.state = LeaseState::ending, .next_try = t0};
    CHECK(next_step(ending, t0) == LeaseStep::destroy);
    CHECK(retry_delay(0) == 1s);
    CHECK(retry_delay(100) == 60s);
}

TEST_CASE("names of states are read back as they were written")
{
    for (const LeaseState state :
         {LeaseState::redeeming, LeaseState::provisioning, LeaseState::running, LeaseState::ending, LeaseState::ended})
        CHECK(parse_lease_state(name_of(state)).value() == state);
    CHECK(!parse_lease_state("sleeping"));
}

TEST_CASE("a budget refills with time, and one sender's spending is no other's")
{
    Budget budget{2, 1};
    CHECK(budget.take("a", t0));
    CHECK(budget.take("a", t0));
    CHECK(!budget.take("a", t0));
    CHECK(budget.take("b", t0));
    CHECK(budget.take("a", t0 + 1s));
    CHECK(!budget.take("a", t0 + 1s));
}

} // namespace
} // namespace berth::provider
