#include "provider/lease_json.h"
#include "provider/lease_store.h"

#include <doctest/doctest.h>

namespace berth::provider {
namespace {

compute::WorkloadSpec some_workload()
{
    compute::WorkloadSpec workload;
    workload.image = "img:1";
    workload.environment = {{"A", "x=y \"z\""}, {"PASS", "hush"}};
    workload.command = {"sh", "-c", "echo $A --token hush"};
    return workload;
}

TEST_CASE("a row keeps environment and command, so that a container that is made later has them")
{
    const auto read = decode_workload(encode_workload(some_workload(), Secrets::kept)).value();
    CHECK(read.environment == some_workload().environment);
    CHECK(read.command == some_workload().command);
}

TEST_CASE("without secrets neither the environment nor the command is told")
{
    const std::string text = encode_workload(some_workload(), Secrets::left_out);
    CHECK(text.find("hush") == std::string::npos);
    CHECK(decode_workload(text).value().image == "img:1");
}

TEST_CASE("what an owner set is in the row until the lease has ended, and no longer")
{
    db::Database database = db::Database::open({.path = ":memory:", .vfs = {}}).value();
    LeaseStore store{database};
    REQUIRE(store.migrate().has_value());
    Lease lease{.id = "a", .workload = some_workload()};
    lease.workload.number = 1001;
    REQUIRE(store.insert(lease).has_value());
    lease.state = LeaseState::ending;
    REQUIRE(store.update(lease, UnixTime{}).has_value());
    CHECK(store.find("a").value()->workload.environment.at("PASS") == "hush");
    lease.state = LeaseState::ended;
    REQUIRE(store.update(lease, UnixTime{}).has_value());
    const Lease ended = store.find("a").value().value();
    CHECK(ended.workload.environment.empty());
    CHECK(ended.workload.command.empty());
    CHECK(ended.workload.image == "img:1");
}

} // namespace
} // namespace berth::provider
