#include "provider/host_watch.h"

#include "support/recording_jobs.h"

#include <doctest/doctest.h>

namespace berth::provider {
namespace {

using namespace std::chrono_literals;

const UnixTime t0 = from_unix_seconds(1'800'000'000);
const std::string kStray = "00112233445566aa";

/// A watch over real leases and images in memory, of an Engine that the test plays.
struct Lookout {
    Lookout()
    {
        REQUIRE(lease_store.migrate().has_value());
        REQUIRE(image_store.migrate().has_value());
        leases.load(t0);
        leases.handle(LeaseFilesRead{std::vector<LeaseFileText>{}}, t0);
    }
    /// Lets time pass to just before a moment, and then to it: whether that kind of job was asked for then, and not
    /// before.
    template <class T>
    [[nodiscard]] bool is_due_at(UnixTime moment)
    {
        watch.tick(moment - 1ms);
        const bool too_early = runner.count<T>() > 0;
        watch.tick(moment);
        return runner.take<T>().size() == 1 && !too_early;
    }
    void answer(UnixTime now, std::vector<compute::LabelledObject> objects = {})
    {
        watch.handle(Surveyed{.engine = compute::EngineInfo{.cpus = 8, .memory_bytes = 8 << 20},
                              .objects = std::move(objects),
                              .images = std::vector<compute::StoredImage>{}},
                     now);
    }
    void is_silent(UnixTime now)
    {
        watch.handle(Surveyed{.engine = fail(Errc::unavailable, "no"),
                              .objects = fail(Errc::unavailable, "no"),
                              .images = fail(Errc::unavailable, "no")},
                     now);
    }
    void check(compute::Isolation::State state, UnixTime now)
    {
        watch.handle(HostChecked{.isolation = {state, "no"}}, now);
    }

    Options options{.key = nostr::SecretKey::create(Bytes32{1}).value()};
    db::Database database = db::Database::open({.path = ":memory:", .vfs = {}}).value();
    LeaseStore lease_store{database};
    ImageStore image_store{database};
    test::RecordingJobs runner;
    crypto::SystemRandom random;
    FailureSink failures;
    Leases leases{options, lease_store, runner, random, failures, {.on_running = [](const Lease&) {}}};
    ImageCache images{options.images, options.templates, image_store,
                      runner,         failures,          [] { return std::set<std::string>{}; }};
    TemplateLimits limits{options, runner};
    HostWatch watch{{options, leases, images, limits, runner},
                    {.on_changed = [] {}, .on_promises_known = [] {}, .on_answers_known = [] {}}};
};

TEST_CASE("the Engine is surveyed at the start, 5 s after it answers, and every minute")
{
    Lookout lookout;
    lookout.watch.tick(t0);
    CHECK(lookout.runner.take<SurveyJob>().size() == 1);
    lookout.answer(t0);
    CHECK(lookout.is_due_at<SurveyJob>(t0 + 5s));
    lookout.answer(t0 + 5s);
    CHECK(lookout.is_due_at<SurveyJob>(t0 + 65s));
    CHECK(lookout.is_due_at<SurveyJob>(t0 + 125s));
}

TEST_CASE("an Engine that does not answer is asked again after 2 s, and what it holds is looked at twice when it does")
{
    Lookout lookout;
    lookout.watch.tick(t0);
    CHECK(lookout.runner.take<SurveyJob>().size() == 1);
    lookout.is_silent(t0);
    CHECK(lookout.watch.is_measured());
    CHECK(lookout.is_due_at<SurveyJob>(t0 + 2s));
    lookout.answer(t0 + 2s);
    CHECK(lookout.is_due_at<SurveyJob>(t0 + 7s));
}

TEST_CASE("what a killed daemon's last request left is gone after the second look")
{
    Lookout lookout;
    lookout.answer(t0);
    CHECK(lookout.runner.count<DestroyJob>() == 0);
    lookout.answer(t0 + 5s, {{"network", "id", "paygress-1000", kStray}});
    const auto removals = lookout.runner.take<DestroyJob>();
    REQUIRE(removals.size() == 1);
    CHECK(removals.front().lease == kStray);
}

TEST_CASE("whether leases are contained is checked every 10 s, every 3 s while they are not, and only while the Engine "
          "answers")
{
    Lookout lookout;
    lookout.watch.tick(t0);
    lookout.is_silent(t0);
    CHECK(lookout.runner.count<CheckHostJob>() == 0);
    lookout.answer(t0);
    CHECK(lookout.is_due_at<CheckHostJob>(t0));
    lookout.check(compute::Isolation::State::contained, t0);
    CHECK(lookout.is_due_at<CheckHostJob>(t0 + 10s));
    lookout.check(compute::Isolation::State::failed, t0 + 10s);
    CHECK(lookout.leases.why_closed());
    CHECK(lookout.is_due_at<CheckHostJob>(t0 + 13s));
}

TEST_CASE("a sign from the Engine brings a survey at once, but for the first, which is on its way")
{
    Lookout lookout;
    lookout.watch.tick(t0);
    CHECK(lookout.runner.take<SurveyJob>().size() == 1);
    lookout.watch.handle(EngineSign{EngineSign::Kind::connected}, t0);
    lookout.watch.tick(t0);
    CHECK(lookout.runner.count<SurveyJob>() == 0);
    lookout.answer(t0);
    lookout.watch.handle(EngineSign{EngineSign::Kind::lost}, t0 + 1s);
    lookout.watch.tick(t0 + 1s);
    CHECK(lookout.runner.count<SurveyJob>() == 1);
}

} // namespace
} // namespace berth::provider
