#include "provider/leases.h"

#include "compute/lease_objects.h"
#include "support/recording_jobs.h"

#include <doctest/doctest.h>

namespace berth::provider {
namespace {

using namespace std::chrono_literals;

const UnixTime t0 = from_unix_seconds(1'800'000'000);

/// Leases over a real store in memory, on a host that the Engine described.
struct House {
    explicit House(Options given) : options{std::move(given)}
    {
        REQUIRE(store.migrate().has_value());
        leases.load(t0);
        leases.handle(LeaseFilesRead{std::vector<LeaseFileText>{}}, t0);
        survey(10'000, 10'000);
        leases.handle(compute::Isolation{});
        leases.drive(t0);
    }
    [[nodiscard]] static Surveyed surveyed(uint64_t memory_mb, std::vector<compute::LabelledObject> objects = {})
    {
        return {.engine = compute::EngineInfo{.cpus = 8, .memory_bytes = memory_mb << 20},
                .objects = std::move(objects)};
    }
    void survey(uint64_t memory_mb, uint64_t storage_gb) { leases.handle(surveyed(memory_mb), storage_gb, t0); }
    [[nodiscard]] const Spec& spec() const { return options.specs.front(); }
    [[nodiscard]] Result<Lease> reserve(UnixTime now = t0)
    {
        Admission admission{.spec = spec(), .workload = {}, .username = {}, .password = {}};
        admission.workload.image = "alpine:3";
        admission.workload.ports.push_back({.container_port = 22, .label = "ssh", .scheme = "ssh"});
        return leases.reserve(admission, "alice", now);
    }
    std::string rent(UnixTime now = t0)
    {
        auto lease = reserve(now);
        REQUIRE(lease.has_value());
        const std::string id = lease->id;
        lease->duration = 1h;
        leases.add(std::move(*lease));
        return id;
    }

    Options options;
    db::Database database = db::Database::open({.path = ":memory:", .vfs = {}}).value();
    LeaseStore store{database};
    test::RecordingJobs runner;
    crypto::SystemRandom random;
    FailureSink failures;
    Leases leases{options, store, runner, random, failures, {.on_running = [](const Lease&) {}}};
};

Options for_ten()
{
    Options options{.key = nostr::SecretKey::create(Bytes32{1}).value()};
    options.specs = {{.id = "basic", .cpu_millicores = 200, .memory_mb = 128, .disk_gb = 1, .rate_msats_per_sec = 1}};
    options.capacity.cpu_millicores = 2000;
    options.ports = {20'000, 20'099};
    return options;
}

TEST_CASE("a house for ten takes ten, refuses the eleventh, and has a place again once a lease has ended whole")
{
    House house{for_ten()};
    CHECK(house.leases.free_slots() == std::map<std::string, uint64_t>{{"basic", 10}});
    std::string first;
    for (uint64_t left = 10; left > 0; --left) {
        CHECK(house.leases.free_slots(house.spec()) == left);
        first = house.rent();
    }
    CHECK(house.leases.free_slots(house.spec()) == 0);
    CHECK(house.reserve().error().code == Errc::unavailable);
    CHECK(house.leases.sold() == Resources{.cpu_millicores = 2000, .memory_mb = 1280, .storage_gb = 10});
    CHECK(house.leases.free_capacity().cpu_millicores == 0);

    house.leases.refuse(first, t0);
    CHECK(house.leases.free_slots(house.spec()) == 0); // its network is still there
    house.leases.handle(WorkloadDestroyed{.lease = first, .outcome = {}}, t0);
    CHECK(house.leases.free_slots(house.spec()) == 1);
    CHECK(!house.failures.first());
}

TEST_CASE("nothing is sold before it is known whether leases are contained, nor where they can't be")
{
    House house{for_ten()};
    Leases fresh{house.options, house.store, house.runner, house.random, house.failures, {}};
    fresh.load(t0);
    fresh.handle(LeaseFilesRead{std::vector<LeaseFileText>{}}, t0);
    fresh.handle(house.surveyed(10'000), 10'000, t0);
    CHECK(!fresh.is_surveyed());
    fresh.handle(compute::Isolation{.state = compute::Isolation::State::failed, .why_not = "no nftables"});
    CHECK(fresh.is_surveyed());
    CHECK(fresh.why_closed() == "no nftables");
    CHECK(fresh.free_slots(house.spec()) == 0);
    fresh.handle(compute::Isolation{.state = compute::Isolation::State::contained});
    CHECK(fresh.free_slots(house.spec()) == 10);
}

TEST_CASE("what was reserved and not written goes back at once")
{
    House house{for_ten()};
    const auto lease = house.reserve();
    REQUIRE(lease.has_value());
    house.leases.give_back(*lease);
    CHECK(house.leases.free_slots(house.spec()) == 10);
}

TEST_CASE("numbers and ports are places, too")
{
    Options few_numbers = for_ten();
    few_numbers.number_last = few_numbers.number_first + 2;
    House numbered{std::move(few_numbers)};
    CHECK(numbered.leases.free_slots(numbered.spec()) == 3);
    for (int i = 0; i < 3; ++i)
        numbered.rent();
    CHECK(numbered.leases.free_slots(numbered.spec()) == 0);
    CHECK(numbered.reserve().error().code == Errc::unavailable);

    Options few_ports = for_ten();
    few_ports.ports = {20'000, 20'001};
    House ported{std::move(few_ports)};
    CHECK(ported.leases.free_slots(ported.spec()) == 2);
    ported.rent();
    CHECK(ported.leases.free_slots(ported.spec()) == 1);
}

TEST_CASE("a host that shrinks below what is sold has nothing left, and factors apply to what it has now")
{
    Options options = for_ten();
    options.capacity.memory_overcommit = 1500;
    House house{std::move(options)};
    house.survey(256, 100);
    CHECK(house.leases.capacity().memory_mb == 384);
    CHECK(house.leases.free_slots(house.spec()) == 3);
    house.rent();
    house.rent();
    house.survey(100, 100);
    CHECK(house.leases.free_slots(house.spec()) == 0);
    CHECK(house.leases.free_capacity().memory_mb == 0);
}

TEST_CASE("nothing is free while draining, or while the disk is low")
{
    House house{for_ten()};
    house.leases.set_draining(true);
    CHECK(house.leases.free_slots(house.spec()) == 0);
    house.leases.set_draining(false);
    house.leases.close_for_disk(true);
    CHECK(house.leases.free_slots(house.spec()) == 0);
    house.leases.close_for_disk(false);
    CHECK(house.leases.free_slots(house.spec()) == 10);
}

TEST_CASE("a reservation whose mint is silent lapses once, and its place is free when it is removed")
{
    House house{for_ten()};
    const std::string id = house.rent();
    house.leases.handle(NetworkPrepared{.lease = id, .outcome = {}});
    const UnixTime lapse = t0 + house.options.capacity.reservation_max;
    CHECK(house.leases.next_due() == lapse);
    house.leases.drive(lapse - 1ms);
    CHECK(house.leases.is_reserved(id));
    CHECK(house.runner.count<DestroyJob>() == 0);
    house.leases.drive(lapse);
    CHECK(!house.leases.is_reserved(id));
    house.leases.drive(lapse + 1s);
    CHECK(house.runner.count<DestroyJob>() == 1);
    house.leases.handle(WorkloadDestroyed{.lease = id, .outcome = {}}, lapse + 2s);
    CHECK(house.leases.free_slots(house.spec()) == 10);
    CHECK(!house.failures.first());
}

TEST_CASE("a restart gives the mint of a reservation its time again")
{
    House house{for_ten()};
    const std::string id = house.rent();
    Leases again{house.options, house.store, house.runner, house.random, house.failures, {}};
    again.load(t0);
    const UnixTime start = t0 + 24h;
    again.drive(start);
    CHECK(again.is_reserved(id));
    again.drive(start + house.options.capacity.reservation_max);
    CHECK(!again.is_reserved(id));
}

/// A house after two sales in a row, with nothing left to do.
struct BusyHouse : House {
    explicit BusyHouse(Options given = for_ten()) : House{std::move(given)}
    {
        run(rent());
        run(rent());
        CHECK(runner.take<PrepareNetworkJob>().size() == 2);
    }
    void run(const std::string& id)
    {
        leases.handle(NetworkPrepared{.lease = id, .outcome = {}});
        leases.pay(id, t0);
        leases.drive(t0);
        CHECK(runner.take<CreateJob>().size() == 1);
        leases.handle(WorkloadCreated{.lease = id, .outcome = compute::Workload{.running = true}}, t0);
    }
    /// The network that is being made for nobody yet.
    compute::WorkloadName make_ready(UnixTime now = t0)
    {
        leases.drive(now);
        const auto jobs = runner.take<PrepareNetworkJob>();
        REQUIRE(jobs.size() == 1);
        CHECK(leases.ready_network() == jobs.front().name.lease);
        return jobs.front().name;
    }
};

TEST_CASE("after two sales in a row the third finds its network made, and no place is taken by it")
{
    BusyHouse house;
    const compute::WorkloadName ready = house.make_ready();
    CHECK(house.leases.free_slots(house.spec()) == 8);
    house.leases.handle(NetworkPrepared{.lease = ready.lease, .outcome = {}});

    CHECK(house.rent() == ready.lease);
    CHECK(house.leases.find(ready.lease)->workload.number == ready.number);
    CHECK(house.runner.count<PrepareNetworkJob>() == 0);
    CHECK(!house.leases.ready_network());
    house.leases.drive(t0);
    CHECK(!house.leases.ready_network()); // whoever waits comes first
    house.run(ready.lease);
    CHECK(house.make_ready().number != ready.number);
}

TEST_CASE("a lease that is sold while its network is made waits for that")
{
    BusyHouse house;
    const std::string id = house.make_ready().lease;
    CHECK(house.rent() == id);
    house.leases.pay(id, t0);
    house.leases.drive(t0);
    CHECK(house.runner.count<CreateJob>() == 0);
    house.leases.handle(NetworkPrepared{.lease = id, .outcome = fail(Errc::unavailable, "no")});
    house.leases.drive(t0);
    CHECK(house.runner.count<CreateJob>() == 1);
    CHECK(house.runner.count<DestroyJob>() == 0);
}

TEST_CASE("a network that was made ready goes when sales are over, when nothing may be sold, and when it failed")
{
    BusyHouse house;
    compute::WorkloadName ready = house.make_ready();
    house.leases.handle(NetworkPrepared{.lease = ready.lease, .outcome = {}});
    SUBCASE("nobody came")
    {
        CHECK(house.leases.next_due() == t0 + kSalesFollow);
        house.leases.drive(t0 + kSalesFollow - 1ms);
        CHECK(house.runner.count<DestroyJob>() == 0);
        house.leases.drive(t0 + kSalesFollow);
    }
    SUBCASE("the host is drained")
    {
        house.leases.set_draining(true);
        house.leases.drive(t0);
        house.leases.set_draining(false);
    }
    SUBCASE("it could not be made")
    {
        house.run(house.rent());
        ready = house.make_ready();
        house.leases.handle(NetworkPrepared{.lease = ready.lease, .outcome = fail(Errc::unavailable, "no")});
    }
    const auto removals = house.runner.take<DestroyJob>();
    REQUIRE(removals.size() == 1);
    CHECK(removals.front().lease == ready.lease);
    CHECK(!house.leases.ready_network());
    const uint64_t left = house.leases.free_slots(house.spec());
    CHECK(house.rent() != ready.lease);
    CHECK(house.leases.free_slots(house.spec()) == left - 1);
}

TEST_CASE("the number of a network that could not be made or removed is free once a survey sees nothing of it")
{
    Options three = for_ten();
    three.number_last = three.number_first + 2;
    BusyHouse house{std::move(three)};
    const std::string id = house.make_ready().lease;
    house.leases.handle(NetworkPrepared{.lease = id, .outcome = fail(Errc::unavailable, "no")});
    house.leases.handle(WorkloadDestroyed{.lease = id, .outcome = fail(Errc::unavailable, "no")}, t0);
    CHECK(house.leases.free_slots(house.spec()) == 0);
    house.survey(10'000, 10'000);
    CHECK(house.leases.free_slots(house.spec()) == 1);
}

TEST_CASE("one that was reserved and not written stays ready")
{
    BusyHouse house;
    const std::string id = house.make_ready().lease;
    const auto lease = house.reserve();
    REQUIRE(lease.has_value());
    house.leases.give_back(*lease);
    CHECK(house.rent() == id);
}

TEST_CASE("the name of what a killed process left ready is nobody's until the Engine has it no more")
{
    Options options = for_ten();
    options.number_last = options.number_first;
    House house{std::move(options)};
    // Though the database is new: a network alone has nothing that somebody could miss.
    house.leases.handle(
        House::surveyed(10'000, {{"network", "n1", compute::container_name(house.options.number_first), "stranger"}}),
        100, t0);
    REQUIRE(house.runner.count<DestroyJob>() == 1);
    CHECK(!house.reserve().has_value());
    house.leases.handle(WorkloadDestroyed{.lease = "stranger", .outcome = fail(Errc::conflict, "busy")}, t0);
    CHECK(!house.reserve().has_value());
    house.leases.handle(WorkloadDestroyed{.lease = "stranger", .outcome = {}}, t0);
    CHECK(house.reserve().has_value());
}

TEST_CASE("a trial of what the Engine can do is left alone, until it is a killed process's")
{
    House house{for_ten()};
    const std::vector<compute::LabelledObject> trials{{"network", "n1", "berth-probe-label", "isolation-probe-label"},
                                                      {"container", "c1", "berth-limits-label-1024", "limits-label"}};
    const auto survey_at = [&](UnixTime now, std::vector<compute::LabelledObject> objects) {
        house.leases.handle(House::surveyed(10'000, std::move(objects)), 100, now);
    };
    survey_at(t0, trials);
    survey_at(t0 + 1s, trials);
    CHECK(house.runner.count<DestroyJob>() == 0);
    survey_at(t0 + 30s, {});
    survey_at(t0 + 61s, trials);
    CHECK(house.runner.count<DestroyJob>() == 0);
    survey_at(t0 + 121s, trials);
    CHECK(house.runner.count<DestroyJob>() == 2);
}

} // namespace
} // namespace berth::provider
