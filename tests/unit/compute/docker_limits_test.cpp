#include "compute/docker_limits.h"

#include "compute/tree_size.h"
#include "scripted_engine.h"
#include "support/temporary_folder.h"

#include <fstream>

namespace berth::compute {
namespace {

constexpr DiskLimit kLimit{.bytes_max = 1 << 30, .entries_max = 1000};

bool asks_for_size(const std::string& request)
{
    return request.find("size=") != std::string::npos;
}

/// A container whose layer lies at `upper`, with one volume, and what the Engine says of its size.
ScriptedEngine::Script container_at(const std::string& upper, const std::string& volume, std::string size)
{
    const std::string container = fmt::format(
        R"({{"Id":"c","State":{{"Status":"running"}},"GraphDriver":{{"Data":{{"UpperDir":"{}"}}}},"Mounts":[)"
        R"({{"Type":"volume","Source":"{}"}},{{"Type":"bind","Source":"/usr"}}]}})",
        upper, volume);
    return [container, size = std::move(size)](const std::string& request) -> ScriptedEngine::Answer {
        return {200, asks_for_size(request) ? size : container};
    };
}

/// 100 kB in one file.
class Tree {
public:
    Tree() { std::ofstream{folder_.path() / "file"} << std::string(100'000, 'x'); }
    [[nodiscard]] std::string path() const { return folder_.path().string(); }

private:
    const test::TemporaryFolder folder_;
};

TEST_CASE("a layer and its volumes that can be seen are counted here, and bind mounts are not")
{
    const Tree layer;
    const Tree volume;
    ScriptedEngine engine{container_at(layer.path(), volume.path(), "{}")};
    DockerClient client = engine.client();

    const Result<DiskUse> use = measure_disk(client, "c", kLimit);

    REQUIRE_MESSAGE(use.has_value(), (use ? "" : use.error().message));
    const TreeSize one = measure_tree(layer.path(), {.bytes_max = 1 << 30, .entries_max = 1000}).value();
    CHECK(use->bytes == 2 * one.bytes);
    CHECK(use->entries == 2 * one.entries);
    CHECK(!use->is_more);
    CHECK(engine.count("size=") == 0); // which costs the Engine a walk of its own
    const Result<DiskUse> cut = measure_disk(client, "c", {.bytes_max = 1000, .entries_max = 1000});
    CHECK(cut.value().is_more);
}

TEST_CASE("of a layer that can't be seen from here the Engine tells the size")
{
    const Tree volume;
    ScriptedEngine engine{container_at("/no/such/layer", volume.path(), R"({"Id":"c","SizeRw":5000000})")};
    DockerClient client = engine.client();

    const Result<DiskUse> use = measure_disk(client, "c", kLimit);

    REQUIRE_MESSAGE(use.has_value(), (use ? "" : use.error().message));
    const TreeSize seen = measure_tree(volume.path(), {.bytes_max = 1 << 30, .entries_max = 1000}).value();
    CHECK(use->bytes == 5'000'000 + seen.bytes);
    CHECK(use->entries == seen.entries);
}

TEST_CASE("a storage driver without layer directories is asked, too, and a size that is none is an error, not zero")
{
    ScriptedEngine untouched{container_at("", "/no/such/volume", R"({"Id":"c"})")};
    DockerClient client = untouched.client();
    CHECK(measure_disk(client, "c", kLimit).value().bytes == 0);
    ScriptedEngine odd{container_at("", "", R"({"SizeRw":"large"})")};
    DockerClient other = odd.client();
    CHECK(measure_disk(other, "c", kLimit).error().code == Errc::corrupt);
}

/// Says yes, but for starts and for creations with a size.
ScriptedEngine::Script limits_with(std::string start_failure)
{
    return [failure = std::move(start_failure)](const std::string& request) -> ScriptedEngine::Answer {
        if (request.find("/start") != std::string::npos && !failure.empty())
            return {500, R"({"message":")" + failure + R"("})"};
        if (request.find("name=berth-limits-p-disk") != std::string::npos)
            return {400, R"({"message":"--storage-opt is supported only for overlay over xfs with 'pquota'"})"};
        if (request.starts_with("DELETE") || request.find("/start") != std::string::npos)
            return {204, ""};
        return {200, R"({"Id":"sha256:1"})"};
    };
}

DockerOptions trial_options()
{
    DockerOptions options;
    options.provider_label = "p";
    return options;
}

TEST_CASE("a limit that the Engine can't set is told from an Engine that fails otherwise")
{
    ScriptedEngine good{limits_with("")};
    DockerClient client = good.client();
    const Result<EngineLimits> all = try_limits(client, trial_options(), {1024, 2048});
    REQUIRE_MESSAGE(all.has_value(), (all ? "" : all.error().message));
    CHECK(all->nofile_refused.empty());
    CHECK(!all->sized_root);
    CHECK(all->sized_root_why_not.find("pquota") != std::string::npos);
    // Each trial is taken away, whatever it left before.
    CHECK(good.count("DELETE /containers/sha256") == 2);

    ScriptedEngine small{limits_with("error setting rlimit type 7: operation not permitted")};
    DockerClient second = small.client();
    CHECK(try_limits(second, trial_options(), {1024}).value().nofile_refused.contains(1024));
    ScriptedEngine broken{limits_with("cgroups are not mounted")};
    DockerClient third = broken.client();
    CHECK(!try_limits(third, trial_options(), {1024}).has_value());
}

} // namespace
} // namespace berth::compute
