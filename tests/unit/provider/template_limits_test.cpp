#include "provider/template_limits.h"

#include "support/recording_jobs.h"

#include <doctest/doctest.h>

namespace berth::provider {
namespace {

using test::RecordingJobs;

Options options_with_templates()
{
    Bytes32 one{};
    one[31] = 1;
    auto key = nostr::SecretKey::create(one);
    REQUIRE(key.has_value());
    Options options{.key = std::move(*key)};
    options.templates.emplace("modest", compute::Template{.slug = "modest", .nofile_max = 2048});
    options.templates.emplace("greedy", compute::Template{.slug = "greedy", .nofile_max = 1'048'576});
    return options;
}

} // namespace

TEST_CASE("every distinct limit is tried once, and nothing is sold by template before the answer")
{
    const Options options = options_with_templates();
    RecordingJobs jobs;
    TemplateLimits limits{options, jobs};
    limits.tick(UnixTime{} + std::chrono::seconds{5});
    CHECK(jobs.jobs.empty()); // the Engine is not up yet
    limits.doubt(UnixTime{});
    limits.tick(UnixTime{});
    limits.tick(UnixTime{} + std::chrono::hours{1});
    REQUIRE(jobs.jobs.size() == 1);
    CHECK(std::get<TryLimitsJob>(jobs.jobs[0]).nofile == std::set<uint32_t>{1024, 2048, 1'048'576});
    CHECK_FALSE(limits.is_known());
    CHECK(limits.left_out() == std::set<std::string>{"greedy", "modest"});
}

TEST_CASE("only what the Engine refused is left out, with its number in the refusal")
{
    const Options options = options_with_templates();
    RecordingJobs jobs;
    TemplateLimits limits{options, jobs};
    limits.handle({compute::EngineLimits{.nofile_refused = {{1'048'576, "not permitted"}}}}, UnixTime{});
    CHECK(limits.left_out() == std::set<std::string>{"greedy"});
    CHECK_FALSE(limits.judge(2048).has_value());
    const auto refusal = limits.judge(1'048'576);
    REQUIRE(refusal.has_value());
    CHECK(refusal->message.find("1048576") != std::string::npos);
}

TEST_CASE("a trial that failed for another reason is no answer, and is made again")
{
    const Options options = options_with_templates();
    RecordingJobs jobs;
    TemplateLimits limits{options, jobs};
    limits.handle({fail(Errc::unavailable, "no Engine")}, UnixTime{});
    CHECK_FALSE(limits.is_known());
    limits.tick(UnixTime{} + std::chrono::seconds{60});
    CHECK(jobs.jobs.size() == 1);
}

} // namespace berth::provider
