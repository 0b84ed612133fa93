#include "provider/own_lease.h"

#include "support/recording_jobs.h"

#include <doctest/doctest.h>

namespace berth::provider {
namespace {

const UnixTime t0 = from_unix_seconds(1'800'000'000);

TEST_CASE("no lease is called unknown before the files of leases were looked at")
{
    const Options options{.key = nostr::SecretKey::create(Bytes32{1}).value()};
    db::Database database = db::Database::open({.path = ":memory:", .vfs = {}}).value();
    LeaseStore store{database};
    REQUIRE(store.migrate().has_value());
    test::RecordingJobs jobs;
    crypto::SystemRandom random;
    FailureSink failures;
    Leases leases{options, store, jobs, random, failures, {}};
    const auto refusal_of = [&leases](const char* pod) {
        return std::string{std::get<Refusal>(find_own_lease(leases, pod, "alice")).type};
    };
    leases.load(t0);
    CHECK(refusal_of("container-1000") == error_type::backend_error);
    leases.handle(LeaseFilesRead{std::vector<LeaseFileText>{}}, t0);
    leases.handle(Surveyed{.engine = compute::EngineInfo{}, .objects = std::vector<compute::LabelledObject>{}}, 0, t0);
    CHECK(refusal_of("container-1000") == error_type::not_found);
    CHECK(refusal_of("container-") == error_type::invalid_pod_id);
    CHECK(!failures.first());
}

} // namespace
} // namespace berth::provider
