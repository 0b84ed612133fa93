#include "provider/lease_keeper.h"

#include "support/recording_jobs.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace berth::provider {
namespace {

using namespace std::chrono_literals;

const UnixTime now{1'000'000'000'000ms};

Lease running_lease()
{
    const std::string id = "00000000000000a1";
    return {.id = id,
            .state = LeaseState::running,
            .owner = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
            .workload = {.number = 1003, .lease = id, .image = "debian:12"},
            .spec = {.id = "basic"},
            .duration = 600s,
            .created_at = now - 60s,
            .expires_at = now + 540s,
            .container_id = std::string(64, 'c')};
}

std::vector<compute::LabelledObject> container_of(const Lease& lease)
{
    return {{.kind = "container", .id = lease.container_id, .name = "paygress-1003", .lease = lease.id}};
}

LeaseFilesRead files_of(const Lease& lease)
{
    return {std::vector<LeaseFileText>{{lease.id, encode_lease_file(lease)}}};
}

/// A provider's start on a database, as often as a test wants.
struct Start {
    explicit Start(db::Database& database) : store{database}
    {
        REQUIRE(store.migrate().has_value());
        keeper.load(now);
        keeper.tick({}, now);
    }
    ~Start() { CHECK_FALSE(failures.first().has_value()); }

    template <class JobType>
    [[nodiscard]] size_t count() const
    {
        return static_cast<size_t>(std::count_if(jobs.jobs.begin(), jobs.jobs.end(),
                                                 [](const Job& job) { return std::holds_alternative<JobType>(job); }));
    }

    LeaseStore store;
    test::RecordingJobs jobs;
    FailureSink failures;
    LeaseKeeper keeper{store, jobs, failures, 3600s};
};

db::Database new_database()
{
    auto database = db::Database::open({.path = ":memory:"});
    REQUIRE(database.has_value());
    return std::move(*database);
}

} // namespace

TEST_CASE("a new database takes leases up once files and containers were seen, and only once")
{
    db::Database database = new_database();
    const Lease lease = running_lease();
    {
        Start first{database};
        CHECK(first.keeper.is_rebuilding());
        CHECK(first.count<ReadLeaseFilesJob>() == 1);
        first.keeper.see(container_of(lease));
        CHECK(first.keeper.take_rebuilt(now).empty());
    } // died before the files were read
    Start second{database};
    CHECK(second.keeper.is_rebuilding());
    second.keeper.handle(files_of(lease), now);
    CHECK(second.keeper.take_rebuilt(now).empty());
    second.keeper.see(container_of(lease));
    const std::vector<Lease> taken = second.keeper.take_rebuilt(now);
    REQUIRE(taken.size() == 1);
    CHECK(taken.front().rebuilt);
    CHECK_FALSE(second.keeper.is_rebuilding());
    CHECK(second.keeper.take_rebuilt(now).empty());

    Start third{database};
    CHECK_FALSE(third.keeper.is_rebuilding());
    CHECK(third.count<ReadLeaseFilesJob>() == 0);
    CHECK(third.count<SettleLeaseFilesJob>() == 1);
}

TEST_CASE("a database from before there were files is not new")
{
    db::Database database = new_database();
    {
        LeaseStore store{database};
        REQUIRE(store.migrate().has_value());
    }
    REQUIRE(database.execute("DROP TABLE rebuild; DELETE FROM schema_version WHERE component='rebuild'").has_value());
    Start start{database};
    CHECK_FALSE(start.keeper.is_rebuilding());
    CHECK_FALSE(start.keeper.holds("00000000000000ff", now));
}

TEST_CASE("what no row knows is held for an hour on a new database, over restarts, and what has a row is not")
{
    db::Database database = new_database();
    Lease ended = running_lease();
    ended.state = LeaseState::ended;
    {
        Start start{database};
        REQUIRE(start.store.insert(ended).has_value());
        start.keeper.handle(LeaseFilesRead{std::vector<LeaseFileText>{}}, now);
        start.keeper.see({});
        CHECK(start.keeper.take_rebuilt(now).empty());
    }
    Start again{database};
    CHECK(again.keeper.holds("00000000000000ff", now + 59min));
    CHECK_FALSE(again.keeper.holds("00000000000000ff", now + 60min));
    CHECK_FALSE(again.keeper.holds(ended.id, now));
}

TEST_CASE("files that can't be read are asked for again, and until then nothing is known")
{
    db::Database database = new_database();
    Start start{database};
    start.keeper.handle(LeaseFilesRead{fail(Errc::unavailable, "the disk is slow")}, now);
    start.keeper.see({});
    CHECK(start.keeper.take_rebuilt(now).empty());
    CHECK(start.keeper.is_rebuilding());
    start.keeper.tick({}, start.keeper.next_due());
    CHECK(start.count<ReadLeaseFilesJob>() == 2);
}

TEST_CASE("a lease's file follows what it tells, goes with the lease, and is written again after a failure")
{
    db::Database database = new_database();
    Start start{database};
    start.keeper.handle(LeaseFilesRead{std::vector<LeaseFileText>{}}, now);
    start.keeper.see({});
    CHECK(start.keeper.take_rebuilt(now).empty());
    Lease lease = running_lease();
    start.keeper.note(lease);
    lease.attempts = 3; // not in the file
    start.keeper.note(lease);
    CHECK(start.count<WriteLeaseFileJob>() == 1);
    lease.expires_at += 60s;
    start.keeper.note(lease);
    CHECK(start.count<WriteLeaseFileJob>() == 2);

    start.keeper.handle(LeaseFilesWritten{fail(Errc::unavailable, "the disk is full")}, now);
    start.keeper.tick({{lease.id, lease}}, now + 60s);
    REQUIRE(start.count<SettleLeaseFilesJob>() == 1);
    CHECK(std::get<SettleLeaseFilesJob>(start.jobs.jobs.back()).texts.contains(lease.id));

    lease.state = LeaseState::ending;
    start.keeper.note(lease);
    start.keeper.note(lease);
    REQUIRE(start.count<WriteLeaseFileJob>() == 3);
    CHECK(std::get<WriteLeaseFileJob>(start.jobs.jobs.back()).text.empty());
}

} // namespace berth::provider
