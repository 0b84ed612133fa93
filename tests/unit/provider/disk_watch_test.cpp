#include "provider/disk_watch.h"

#include "util/json.h"

#include "support/recording_jobs.h"

#include <doctest/doctest.h>

namespace berth::provider {
namespace {

constexpr uint64_t kGb = 1ull << 30;

Lease running_lease(const std::string& id, uint32_t number, uint64_t disk_gb)
{
    Lease lease{.id = id, .state = LeaseState::running, .owner = std::string(64, 'a')};
    lease.workload.number = number;
    lease.workload.image = "img:1";
    lease.spec = {.id = "basic", .cpu_millicores = 100, .memory_mb = 64, .disk_gb = disk_gb, .rate_msats_per_sec = 1};
    lease.container_id = "container-of-" + id;
    lease.expires_at = UnixTime{std::chrono::hours{2'000'000}};
    return lease;
}

Options some_options()
{
    Bytes32 one{};
    one[31] = 1;
    return Options{.key = nostr::SecretKey::create(one).value()};
}

/// Leases from rows, and an Engine that the test plays.
struct World {
    explicit World(const std::vector<Lease>& rows)
    {
        REQUIRE(store.migrate().has_value());
        for (const Lease& row : rows)
            REQUIRE(store.insert(row).has_value());
        leases.load(UnixTime{});
        REQUIRE(!failures.first());
    }

    /// The items of the round that was asked for; none when none was.
    std::vector<MeasureDiskJob::Item> round(UnixTime at)
    {
        const size_t before = runner.jobs.size();
        watch.tick(at);
        return runner.jobs.size() == before ? std::vector<MeasureDiskJob::Item>{}
                                            : std::get<MeasureDiskJob>(runner.jobs.back()).items;
    }
    void measured(const std::string& lease, Result<compute::DiskUse> use) { watch.handle({{{lease, std::move(use)}}}); }

    db::Database database = db::Database::open({.path = ":memory:", .vfs = {}}).value();
    Options options = some_options();
    LeaseStore store{database};
    test::RecordingJobs runner;
    crypto::SystemRandom random;
    FailureSink failures;
    Leases leases{options, store, runner, random, failures, {}};
    std::vector<std::string> warned;
    std::vector<std::string> outgrown;
    DiskWatch watch{options.disk,
                    leases,
                    runner,
                    {.on_nearly_full = [this](const Lease& lease, auto&) { warned.push_back(lease.id); },
                     .on_outgrown = [this](const Lease& lease, auto&) { outgrown.push_back(lease.id); }}};
    UnixTime now{std::chrono::hours{1'000'000}};
};

TEST_CASE("running leases that bought disk are measured, one round at a time, and each only so far as it may go")
{
    Lease locked = running_lease("c", 1003, 1);
    locked.state = LeaseState::locked;
    World world{{running_lease("a", 1001, 2), running_lease("b", 1002, 0), locked}};
    const auto items = world.round(world.now);
    REQUIRE(items.size() == 1);
    CHECK(items[0].container_id == "container-of-a");
    CHECK(items[0].limit.bytes_max == 2 * kGb);
    CHECK(items[0].limit.entries_max == 2 * 65'536);
    CHECK(world.watch.next_due() == UnixTime::max());
    CHECK(world.round(world.now + std::chrono::hours{1}).empty()); // the first is still under way
    world.measured("a", compute::DiskUse{});
    CHECK(world.watch.next_due() == world.now + std::chrono::seconds{20});
    CHECK(world.round(world.now + std::chrono::seconds{19}).empty());
    CHECK(world.round(world.now + std::chrono::seconds{20}).size() == 1);
}

TEST_CASE("a round that ran out of time goes on behind the last lease that it reached")
{
    World world{{running_lease("a", 1001, 1), running_lease("b", 1002, 1), running_lease("c", 1003, 1)}};
    CHECK(world.round(world.now).front().lease == "a");
    world.watch.handle({{{"a", compute::DiskUse{}}, {"b", compute::DiskUse{}}}});
    CHECK(world.round(world.now + std::chrono::minutes{1}).front().lease == "c");
    world.measured("c", compute::DiskUse{});
    CHECK(world.round(world.now + std::chrono::minutes{2}).front().lease == "a");
}

TEST_CASE("an owner is warned once at 90 % of bytes or of files, and a lease is outgrown beyond either")
{
    World world{{running_lease("a", 1001, 1), running_lease("b", 1002, 1)}};
    world.measured("a", compute::DiskUse{.bytes = kGb / 2, .entries = 30'000});
    CHECK(world.warned.empty());
    world.measured("a", compute::DiskUse{.bytes = kGb / 100 * 91});
    world.measured("a", compute::DiskUse{.bytes = kGb}); // full, not beyond
    CHECK(world.warned == std::vector<std::string>{"a"});
    world.measured("b", compute::DiskUse{.entries = 60'000});
    CHECK(world.warned == std::vector<std::string>{"a", "b"});
    CHECK(world.outgrown.empty());
    world.measured("a", compute::DiskUse{.bytes = kGb + 1});
    world.measured("b", compute::DiskUse{.entries = 65'537});
    world.measured("b", compute::DiskUse{.is_more = true});
    CHECK(world.outgrown == std::vector<std::string>{"a", "b", "b"});
}

TEST_CASE("what could not be measured is no news, and neither is a lease that is gone")
{
    World world{{running_lease("a", 1001, 1)}};
    world.measured("a", fail(Errc::unavailable, "no Engine"));
    world.measured("gone", compute::DiskUse{.is_more = true});
    CHECK(world.warned.empty());
    CHECK(world.outgrown.empty());
    world.leases.stop("a", "stopped", world.now);
    world.measured("a", compute::DiskUse{.is_more = true});
    CHECK(world.outgrown.empty());
}

TEST_CASE("where the operator wants no watch, nobody looks")
{
    World world{{running_lease("a", 1001, 1)}};
    world.options.disk.watch_interval.reset();
    CHECK(world.watch.next_due() == UnixTime::max());
    CHECK(world.round(world.now).empty());
}

TEST_CASE("the notices name the lease, what it uses and what it bought")
{
    const Lease lease = running_lease("a", 1001, 2);
    const compute::DiskUse use{.bytes = 3 * kGb, .entries = 12};
    const Json outgrown = Json::parse(encode_outgrown(lease, use));
    CHECK(outgrown.at("notice") == "disk_outgrown");
    CHECK(outgrown.at("pod_id") == "1001");
    CHECK(outgrown.at("used_bytes") == 3 * kGb);
    CHECK(outgrown.at("disk_bytes") == 2 * kGb);
    CHECK(outgrown.at("files") == 2 * 65'536);
    CHECK(Json::parse(encode_nearly_full(lease, use)).at("notice") == "disk_nearly_full");
}

} // namespace
} // namespace berth::provider
