#include "provider/lease.h"
#include "provider/restarts.h"

#include <doctest/doctest.h>

namespace berth::provider {
namespace {

using namespace std::chrono_literals;

const UnixTime t0 = from_unix_seconds(1'800'000'000);

TEST_CASE("a container that exits is started again after a second, then later and later")
{
    Restarts restarts{.started_at = t0};
    for (const auto expected : {1s, 2s, 4s, 8s}) {
        take_exit(restarts, {.code = 1}, t0);
        CHECK(restarts.next_at == t0 + expected);
        CHECK(!restarts.is_looping);
    }
    take_start(restarts, t0 + 8s);
    CHECK(!restarts.is_down);
    CHECK(!restarts.next_at);
}

TEST_CASE("five exits within ten minutes are a crash loop, tried rarely from then on; exit code 0 makes no difference")
{
    Restarts restarts{.started_at = t0};
    UnixTime now = t0;
    for (int i = 0; i < 5; ++i) {
        CHECK(!restarts.is_looping);
        now += 2min;
        take_exit(restarts, {.code = 0}, now);
        take_start(restarts, now);
    }
    take_exit(restarts, {.code = 0}, now);
    CHECK(restarts.is_looping);
    CHECK(restarts.next_at == now + kLoopRetry);
    CHECK(restarts.exits.size() <= kLoopExits);
}

TEST_CASE("exits further apart than that are no loop, and a stable run ends one")
{
    Restarts restarts{.started_at = t0};
    UnixTime now = t0;
    for (int i = 0; i < 20; ++i) {
        now += 3min;
        take_exit(restarts, {.code = 1}, now);
        take_start(restarts, now);
    }
    CHECK(!restarts.is_looping);
    for (int i = 0; i < 5; ++i)
        take_exit(restarts, {.code = 1}, now);
    restarts.is_reported = true;
    CHECK(restarts.is_looping);
    take_start(restarts, now);
    take_exit(restarts, {.code = 1}, now + kStableAfter);
    CHECK(!restarts.is_looping);
    CHECK(!restarts.is_reported);
    CHECK(restarts.next_at == now + kStableAfter + 1s);
}

TEST_CASE("a container that can't even be started is no stable run, however long it stood still")
{
    Restarts restarts{.started_at = t0};
    for (int i = 0; i < 5; ++i)
        take_exit(restarts, {.start_error = "no such file"}, t0 + 1h);
    CHECK(restarts.is_looping);
    take_exit(restarts, {.start_error = std::string(5000, 'x')}, t0 + 2h);
    CHECK(restarts.is_looping);
    CHECK(restarts.last.start_error.size() < 320);
}

TEST_CASE("restarts are read back as they were written")
{
    Restarts restarts{.started_at = t0};
    take_exit(restarts, {.code = 137, .out_of_memory = true}, t0 + 5s);
    restarts.is_reported = true;
    const Restarts read = decode_restarts(encode_restarts(restarts)).value();
    CHECK(encode_restarts(read) == encode_restarts(restarts));
    CHECK(read.next_at == t0 + 6s);
    CHECK(read.last.code == 137);
    CHECK(!decode_restarts("{}"));
}

TEST_CASE("a running lease whose container is down is restarted when its time has come, and ends on time all the same")
{
    Lease lease{.state = LeaseState::running, .expires_at = t0 + 10s};
    lease.restarts.next_at = t0;
    CHECK(next_step(lease, t0 - 1ms) == LeaseStep::wait);
    CHECK(next_step(lease, t0) == LeaseStep::restart);
    CHECK(next_due(lease) == t0);
    CHECK(next_step(lease, t0 + 10s) == LeaseStep::expire);
    CHECK(end_due(lease) == t0 + 10s);
}

TEST_CASE("an owner is warned once for each expiry, and never of a short lease")
{
    Lease lease{.state = LeaseState::running, .duration = 1h, .expires_at = t0};
    CHECK(warning_due(lease, 600s) == t0 - 600s);
    CHECK(!warning_due(lease, 0s));
    CHECK(!warning_due(lease, 1801s));
    lease.warned_for = t0;
    CHECK(!warning_due(lease, 600s));
    lease.expires_at += 300ms; // a lock of no time
    CHECK(!warning_due(lease, 600s));
    lease.expires_at += 1h - 300ms;
    CHECK(warning_due(lease, 600s) == t0 + 1h - 600s);
    lease.state = LeaseState::locked;
    CHECK(!warning_due(lease, 600s));
}

} // namespace
} // namespace berth::provider
