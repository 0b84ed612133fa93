#include "provider/jobs.h"

#include "support/recording_backend.h"

#include <doctest/doctest.h>

#include <filesystem>

namespace berth::provider {
namespace {

compute::WorkloadSpec workload()
{
    return {.number = 1, .lease = "0123456789abcdef"};
}

WorkloadResumed resume(test::RecordingBackend& backend, const std::string& container_id)
{
    TenantVolumes volumes{{.encrypted = false, .sized = false},
                          (std::filesystem::temp_directory_path() / "berth-jobs-unused").string()};
    LeaseFiles files{std::filesystem::temp_directory_path() / "berth-jobs-unused-files"};
    compute::NodeStatusReader status{"/"};
    const JobResult result =
        run_job(ResumeJob{.spec = workload(), .container_id = container_id}, JobTools{backend, volumes, files, status});
    REQUIRE(std::holds_alternative<WorkloadResumed>(result));
    return std::get<WorkloadResumed>(result);
}

TEST_CASE("a container that the Engine has no more is not made again in its place")
{
    test::RecordingBackend backend;
    backend.inspection = fail(Errc::not_found, "no such container");
    const WorkloadResumed resumed = resume(backend, "0f3a");
    CHECK(resumed.is_gone);
    CHECK_FALSE(resumed.outcome.has_value());
    CHECK(backend.created.empty());
}

TEST_CASE("an Engine that can't be asked has not said that a container is gone")
{
    test::RecordingBackend backend;
    backend.inspection = fail(Errc::unavailable, "no Engine");
    const WorkloadResumed resumed = resume(backend, "0f3a");
    CHECK_FALSE(resumed.is_gone);
    CHECK(resumed.outcome.error().code == Errc::unavailable);
    CHECK(backend.created.empty());
}

TEST_CASE("a container that is there is started, and one is made where none was named")
{
    test::RecordingBackend backend;
    CHECK(resume(backend, "0f3a").outcome.has_value());
    CHECK(backend.created.size() == 1);
    backend.inspection = fail(Errc::not_found, "no such container");
    CHECK(resume(backend, "").outcome.has_value());
    CHECK(backend.created.size() == 2);
}

} // namespace
} // namespace berth::provider
