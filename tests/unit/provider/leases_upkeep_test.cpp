#include "crypto/random.h"
#include "provider/leases.h"

#include "support/recording_jobs.h"

#include <doctest/doctest.h>

namespace berth::provider {
namespace {

using namespace std::chrono_literals;

const UnixTime t0 = from_unix_seconds(1'800'000'000);
const std::string kLease = "0123456789abcdef";

Options options_with_key()
{
    Bytes32 one{};
    one[31] = 1;
    return Options{.key = nostr::SecretKey::create(one).value()};
}

/// One running lease out of its row, which ends an hour after t0.
class World {
public:
    World()
    {
        REQUIRE(store.migrate().has_value());
        Lease lease{.id = kLease, .state = LeaseState::running, .duration = 1h, .expires_at = t0 + 1h};
        lease.workload.lease = kLease;
        lease.workload.number = 1000;
        lease.workload.encrypted = true;
        lease.container_id = "c1";
        REQUIRE(store.insert(lease).has_value());
        leases.load(t0);
    }

    const Lease& lease() { return *leases.find(kLease); }

    Options options = options_with_key();
    db::Database database = db::Database::open({.path = ":memory:"}).value();
    LeaseStore store{database};
    test::RecordingJobs jobs;
    crypto::SystemRandom random;
    FailureSink failures;
    std::vector<UnixTime> warnings;
    Leases leases{options,
                  store,
                  jobs,
                  random,
                  failures,
                  Leases::Handlers{.on_running = [](const Lease&) {},
                                   .on_failed = [](const Lease&, const Error&) {},
                                   .on_key_needed = [](const Lease&) {},
                                   .on_locked = [](const Lease&) {},
                                   .on_lost = [](const Lease&) {},
                                   .on_expiring = [this](const Lease& lease) { warnings.push_back(lease.expires_at); },
                                   .on_crash_looping = [](const Lease&) {}}};
};

WorkloadInspected exited()
{
    return {kLease, compute::Workload{.container_id = "c1", .exit_code = 1}};
}

} // namespace

TEST_CASE("a wrong key that is sent for a lease that runs is no exit of its container")
{
    World world;
    for (int i = 0; i < 6; ++i) {
        REQUIRE(world.leases.resume(kLease, nullptr));
        world.leases.handle(WorkloadResumed{kLease, fail(Errc::refused, "not the volume's key")}, t0);
    }
    CHECK(!world.lease().restarts.is_down);
    CHECK(!world.lease().restarts.is_looping);
}

TEST_CASE("nor is it one while the container waits for its next start")
{
    World world;
    world.leases.handle(exited(), t0);
    REQUIRE(world.leases.resume(kLease, nullptr));
    world.leases.handle(WorkloadResumed{kLease, fail(Errc::refused, "not the volume's key")}, t0);
    CHECK(world.lease().restarts.exits.size() == 1);
    CHECK(world.lease().restarts.next_at == t0 + 1s);
    world.jobs.jobs.clear();
    world.leases.drive(t0 + 1s);
    CHECK(world.jobs.count<ResumeJob>() == 1);
    world.leases.handle(WorkloadResumed{kLease, fail(Errc::refused, "no such file")}, t0 + 2s);
    CHECK(world.lease().restarts.exits.size() == 2);
    CHECK(world.lease().restarts.last.start_error == "no such file");
}

TEST_CASE("a container that waits for its next start is not looked at by a survey, unless somebody has removed it")
{
    World world;
    world.leases.handle(exited(), t0);
    const auto survey = [&](std::vector<compute::LabelledObject> objects) {
        world.leases.handle(Surveyed{.engine = compute::EngineInfo{}, .objects = std::move(objects)}, 0, t0);
        world.leases.drive(t0);
        return world.jobs.count<InspectJob>();
    };
    CHECK(survey({{"container", "c1", "paygress-1000", kLease, "exited"}}) == 0);
    CHECK(survey({{"network", "n1", "paygress-1000", kLease}}) == 1);
}

TEST_CASE("a restart that finds the encrypted volume closed locks the lease, and is no exit")
{
    World world;
    world.leases.handle(exited(), t0);
    world.leases.drive(t0 + 1s);
    world.leases.handle(WorkloadResumed{kLease, fail(Errc::refused, "the volume is locked"), false, true}, t0 + 2s);
    CHECK(world.lease().state == LeaseState::locked);
    CHECK(world.lease().restarts.exits.size() == 1);
}

TEST_CASE("an end that has passed is not announced, however long a top-up holds the lease")
{
    World world;
    world.leases.begin_top_up(kLease);
    world.leases.drive(t0 + 1h + 1s);
    CHECK(world.warnings.empty());
    CHECK(world.lease().state == LeaseState::running);
    CHECK(world.leases.next_due() == t0 + 1h + kTopUpGrace); // and nobody waits for it to be
    world.leases.extend(kLease, 1h, t0 + 1h + 2s);
    world.leases.end_top_up(kLease);
    world.leases.drive(t0 + 2h - 600s);
    world.leases.drive(t0 + 2h - 599s);
    CHECK(world.warnings == std::vector<UnixTime>{t0 + 2h});
    CHECK(!world.failures.first());
}

} // namespace berth::provider
