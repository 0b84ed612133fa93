#include "provider/images.h"

#include "support/recording_jobs.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace berth::provider {
namespace {

constexpr uint64_t kMegabyte = 1 << 20;

/// Images with a real store in memory, and an Engine that the test plays.
struct World {
    explicit World(ImagePolicy given = {}) : policy{std::move(given)} { REQUIRE(store.migrate().has_value()); }

    db::Database database = db::Database::open({.path = ":memory:", .vfs = {}}).value();
    ImagePolicy policy;
    std::map<std::string, compute::Template> templates{{"web", {.slug = "web", .image = "reg.example/template"}}};
    ImageStore store{database};
    test::RecordingJobs runner;
    FailureSink failures;
    std::set<std::string> in_use;
    ImageCache cache{policy, templates, store, runner, failures, [this] { return in_use; }};
    Images images{policy, cache, runner};
    UnixTime now{std::chrono::hours{1'000'000}};

    template <class T>
    std::vector<T> take()
    {
        return runner.take<T>();
    }
    Images::Answer ask(const std::string& image, const std::string& who = "alice", bool is_template = false)
    {
        return images.ask(image, {who, is_template}, now);
    }
    /// Asks, and lets the Engine say that the image is not there; the pulls that began.
    std::vector<PullImageJob> want(const std::string& image, const std::string& who = "alice", bool is_template = false)
    {
        CHECK(ask(image, who, is_template) == Images::Answer::asking);
        for (const FindImageJob& job : take<FindImageJob>())
            (void)images.handle(ImageFound{job.image, compute::ImageState::absent}, now);
        (void)images.tick(now);
        return take<PullImageJob>();
    }
    void pulled(const std::string& image, uint64_t size, const std::string& id = "id")
    {
        CHECK(images.handle(ImagePulled{image, compute::StoredImage{.id = id, .size_bytes = size}}, now));
        (void)images.tick(now);
    }
    void have(const std::string& image, uint64_t size)
    {
        now += std::chrono::hours{1};
        REQUIRE(want(image).size() == 1);
        pulled(image, size);
    }
};

TEST_CASE("an image is pulled once, however many ask and however they spell it")
{
    World world;
    CHECK(world.want("redis:7", "alice").size() == 1);
    CHECK(world.want("docker.io/library/redis:7", "bob").empty());
    CHECK(world.ask("index.docker.io/redis:7", "carol") == Images::Answer::asking);
    world.pulled("docker.io/library/redis:7", 1);
    CHECK(world.ask("redis:7") == Images::Answer::present);
}

TEST_CASE("one consumer has two pulls open and no third, and others are not in his way")
{
    World world;
    CHECK(world.want("a.example/one:1").size() == 1);
    CHECK(world.want("b.example/two:1").size() == 1);
    CHECK(world.want("c.example/three:1").empty());
    CHECK(world.ask("c.example/three:1") == Images::Answer::failed);
    CHECK(std::string{world.images.failure("c.example/three:1").type} == error_type::busy);
    world.now += std::chrono::seconds{2};
    CHECK(world.want("c.example/three:1", "bob").size() == 1);
}

TEST_CASE("one registry has six places, all plain images sixteen, and templates their own")
{
    World world;
    size_t begun = 0;
    for (int i = 0; i < 10; ++i)
        begun += world.want(fmt::format("slow.example/x{}:1", i), fmt::format("sender{}", i)).size();
    CHECK(begun == kPullsPerRegistryMax);
    for (int i = 0; i < 20; ++i)
        begun += world.want(fmt::format("r{}.example/x:1", i), fmt::format("other{}", i)).size();
    CHECK(begun == kPullsMax);
    CHECK(world.want("reg.example/template", "eve", true).size() == 1);
    // Whoever ends makes room for the one that waited longest and may.
    CHECK(world.images.handle(ImagePulled{"r0.example/x:1", fail(Errc::unavailable, "too slow")}, world.now));
    (void)world.images.tick(world.now);
    const auto next = world.take<PullImageJob>();
    REQUIRE(next.size() == 1);
    CHECK(next.front().image == "r10.example/x:1");
}

TEST_CASE("more than sixty-four waiting pulls are too many")
{
    World world;
    Images::Answer last = Images::Answer::asking;
    size_t asked = 0;
    while (last == Images::Answer::asking && asked < 1000) {
        last = world.ask(fmt::format("r{}.example/x:1", asked), fmt::format("sender{}", asked));
        ++asked;
    }
    CHECK(last == Images::Answer::busy);
    CHECK(asked == kPullsWaitingMax + 1);
}

TEST_CASE("a failure is kept for ten seconds, then it may be tried again")
{
    World world;
    REQUIRE(world.want("a.example/x:1").size() == 1);
    CHECK(world.images.handle(ImagePulled{"a.example/x:1", fail(Errc::not_found, "no such tag")}, world.now));
    CHECK(world.ask("a.example/x:1") == Images::Answer::failed);
    CHECK(std::string{world.images.failure("a.example/x:1").type} == error_type::image_not_found);
    world.now += std::chrono::seconds{10};
    CHECK(world.want("a.example/x:1").size() == 1);
}

TEST_CASE("the least recently used image goes, but none that a lease uses or a template names")
{
    World world{{.bytes_max = 5 * kMegabyte, .disk_bytes_max = 12 * kMegabyte}};
    world.have("reg.example/template:latest", 3 * kMegabyte);
    world.have("r.example/used:1", 3 * kMegabyte);
    world.in_use = {"r.example/used:1"};
    world.have("r.example/old:1", 3 * kMegabyte);
    auto removed = world.take<RemoveImageJob>();
    CHECK(removed.empty());
    world.now += std::chrono::hours{1};
    REQUIRE(world.want("r.example/new:1").size() == 1);
    removed = world.take<RemoveImageJob>();
    REQUIRE(removed.size() == 1);
    CHECK(removed.front().image == "r.example/old:1");
    CHECK(removed.front().id == "id");
    // Asked for while it leaves, it is looked for only once it is gone.
    CHECK(world.ask("r.example/old:1", "bob") == Images::Answer::asking);
    CHECK(world.take<FindImageJob>().empty());
    world.images.handle(ImageRemoved{"r.example/old:1", {}}, world.now);
    CHECK(world.take<FindImageJob>().size() == 1);
    CHECK(world.store.load()->size() == 3);
}

TEST_CASE("an image that the Engine does not give up counts as used, and the next one goes")
{
    World world{{.bytes_max = 5 * kMegabyte, .disk_bytes_max = 10 * kMegabyte}};
    world.have("r.example/a:1", 4 * kMegabyte);
    world.have("r.example/b:1", 4 * kMegabyte);
    CHECK(world.take<RemoveImageJob>().empty());
    REQUIRE(world.want("r.example/c:1").size() == 1);
    auto removed = world.take<RemoveImageJob>();
    REQUIRE(removed.size() == 1);
    CHECK(removed.front().image == "r.example/a:1");
    world.now += std::chrono::hours{2};
    world.images.handle(ImageRemoved{"r.example/a:1", fail(Errc::conflict, "container uses it")}, world.now);
    (void)world.images.tick(world.now);
    removed = world.take<RemoveImageJob>();
    REQUIRE(!removed.empty());
    CHECK(removed.front().image == "r.example/b:1");
}

TEST_CASE("nothing is pulled while all of the budget is in use, and what does not fit is not sold")
{
    World world{{.bytes_max = 8 * kMegabyte, .disk_bytes_max = 8 * kMegabyte}};
    world.have("r.example/used:1", 5 * kMegabyte);
    world.in_use = {"r.example/used:1"};
    REQUIRE(world.want("r.example/big:1").size() == 1);
    const compute::StoredImage big{.id = "id", .size_bytes = 4 * kMegabyte};
    CHECK(world.images.handle(ImagePulled{"r.example/big:1", big}, world.now));
    CHECK(world.ask("r.example/big:1") == Images::Answer::failed);
    CHECK(std::string{world.images.failure("r.example/big:1").type} == error_type::no_capacity);
    (void)world.images.tick(world.now);
    const auto removed = world.take<RemoveImageJob>();
    REQUIRE(removed.size() == 1);
    CHECK(removed.front().image == "r.example/big:1");
    world.images.handle(ImageRemoved{"r.example/big:1", {}}, world.now);
    world.in_use.insert("r.example/other:1");
    world.have("r.example/other:1", 3 * kMegabyte);
    CHECK(world.want("r.example/more:1").empty());
    CHECK(std::string{world.images.failure("r.example/more:1").type} == error_type::no_capacity);
}

TEST_CASE("a survey finds out how a pull ended that nobody saw the end of, and forgets what is gone or another's")
{
    World world;
    REQUIRE(world.want("r.example/a:1").size() == 1);
    REQUIRE(world.want("r.example/b:1").size() == 1);
    ImageCache after{world.policy, world.templates, world.store,
                     world.runner, world.failures,  [] {
                         return std::set<std::string>{}; }};
    after.load();
    world.now += std::chrono::minutes{5};
    after.reconcile({{.id = "sha256:a", .size_bytes = 7, .names = {"r.example/a:1"}},
                     {.id = "sha256:c", .size_bytes = 9, .names = {"r.example/operator:1"}}},
                    world.now);
    auto rows = world.store.load().value();
    REQUIRE(rows.size() == 1);
    CHECK(rows.front().id == "sha256:a");
    CHECK(rows.front().size_bytes == 7);
    after.reconcile({{.id = "sha256:new", .size_bytes = 7, .names = {"r.example/a:1"}}}, world.now);
    CHECK(world.store.load()->empty());
    CHECK_FALSE(world.failures.first().has_value());
}

} // namespace
} // namespace berth::provider
