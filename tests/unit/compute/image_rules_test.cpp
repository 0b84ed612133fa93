#include "compute/image_rules.h"

#include <doctest/doctest.h>

namespace berth::compute {
namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');

CanonicalImage image(const std::string& text)
{
    const Result<ImageReference> parsed = split_image_reference(text);
    REQUIRE_MESSAGE(parsed.has_value(), text);
    return canonical_image(*parsed);
}

ImageRule rule(const std::string& text)
{
    const Result<ImageRule> parsed = ImageRule::parse(text);
    REQUIRE_MESSAGE(parsed.has_value(), text);
    return *parsed;
}

bool denied(const std::string& by, const std::string& what)
{
    return rule(by).denies(image(what));
}

bool allowed(const std::string& by, const std::string& what)
{
    return rule(by).allows(image(what));
}

TEST_CASE("every spelling of an image has the same full name")
{
    for (const char* text : {"ubuntu", "library/ubuntu", "docker.io/ubuntu", "docker.io/library/ubuntu:22.04",
                             "index.docker.io/library/ubuntu", "registry-1.docker.io/library/ubuntu",
                             "DOCKER.IO/ubuntu", "docker.io:443/ubuntu"}) {
        CHECK_MESSAGE(registry_of(image(text)) == "docker.io", text);
        CHECK_MESSAGE(image(text).path == "library/ubuntu", text);
    }
    CHECK(registry_of(image("127.1:5000/a")) == "127.0.0.1:5000");
    CHECK(registry_of(image("2130706433:5000/a")) == "127.0.0.1:5000");
    CHECK(registry_of(image("GHCR.io:443/a/b")) == "ghcr.io");
    CHECK(image("ghcr.io/b").path == "b");
    CHECK(canonical_registry("Index.Docker.IO") == "docker.io");
}

TEST_CASE("a denied image is denied in every spelling, with any tag or digest")
{
    for (const char* by : {"ubuntu", "library/ubuntu", "docker.io/library/ubuntu", "docker.io/library/ubuntu/",
                           "docker.io/", "docker.io", "Docker.io/ubuntu"}) {
        for (const std::string& what :
             {std::string{"ubuntu"}, std::string{"ubuntu:22.04"}, "ubuntu@" + kDigest, "docker.io/ubuntu:1@" + kDigest,
              std::string{"index.docker.io/library/ubuntu"}, std::string{"INDEX.docker.io/library/ubuntu"}})
            CHECK_MESSAGE(denied(by, what), by << " should deny " << what);
    }
    CHECK(denied("ubuntu/", "ubuntu/tool"));
    CHECK_FALSE(denied("ubuntu/", "ubuntu"));
}

TEST_CASE("a prefix ends where a component ends")
{
    CHECK(denied("denied.example/", "denied.example/tool:1"));
    CHECK(denied("denied.example", "denied.example/deep/tool"));
    CHECK_FALSE(denied("denied.example/", "denied.example.org/tool"));
    CHECK_FALSE(denied("denied.example/team", "denied.example/teammate"));
    CHECK(denied("denied.example/team", "denied.example/team/tool"));
    CHECK_FALSE(denied("ubuntu", "ubuntu-core"));
    CHECK_FALSE(denied("ubuntu", "someone/ubuntu"));
}

TEST_CASE("a registry without a port is denied on every port, and allowed on its own only")
{
    CHECK(denied("denied.example", "denied.example:8443/tool"));
    CHECK(denied("127.0.0.1", "0x7f.1:5000/tool"));
    CHECK_FALSE(denied("denied.example:5000", "denied.example:5001/tool"));
    CHECK_FALSE(allowed("good.example", "good.example:8443/tool"));
    CHECK(allowed("good.example", "good.example:443/tool"));
    CHECK(allowed("localhost:5000/team/", "LOCALHOST:5000/team/app:2"));
    CHECK_FALSE(allowed("localhost:5000/team/", "localhost:5000/teams/app"));
    CHECK(allowed("localhost:5000/team/", "localhost:5000/team"));
}

TEST_CASE("a rule with a tag or digest is about that image alone")
{
    CHECK(allowed("redis:7", "docker.io/redis:7"));
    CHECK_FALSE(allowed("redis:7", "redis:8"));
    CHECK_FALSE(allowed("redis:7", "redis"));
    CHECK(allowed("redis:latest", "redis"));
    // The Engine goes by the digest and ignores the tag: a good tag must not smuggle it in.
    CHECK_FALSE(allowed("redis:7", "redis:7@" + kDigest));
    CHECK(denied("redis:7", "redis:7@" + kDigest));
    CHECK(allowed("redis@" + kDigest, "redis:whatever@" + kDigest));
    CHECK_FALSE(allowed("redis@" + kDigest, "redis@sha256:" + std::string(64, 'b')));
    CHECK(allowed("*", "any.example/thing"));
    CHECK(rule("*").is_everything());
}

TEST_CASE("a rule that matches nothing is a mistake")
{
    for (const char* text : {"", "/", "**", "UPPER/case", "a//b", "a.example//", "ubuntu:", "redis:7/",
                             "https://a.example", "a b", "-x.example/"})
        CHECK_MESSAGE(!ImageRule::parse(text).has_value(), text);
}

} // namespace
} // namespace berth::compute
