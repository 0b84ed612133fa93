#include "compute/image_reference.h"

#include <doctest/doctest.h>

namespace berth::compute {
namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');

std::string parsed(std::string_view text)
{
    return parse_image_reference(text).value_or("refused");
}

TEST_CASE("a reference without tag and digest gets the tag latest, and nothing else is changed")
{
    CHECK(parsed("busybox") == "busybox:latest");
    CHECK(parsed("ubuntu:22.04") == "ubuntu:22.04");
    CHECK(parsed("dockurr/strfry") == "dockurr/strfry:latest");
    CHECK(parsed("ghcr.io/browserless/chromium") == "ghcr.io/browserless/chromium:latest");
    CHECK(parsed("127.0.0.1:5000/bb:1") == "127.0.0.1:5000/bb:1");
    CHECK(parsed("127.0.0.1:5000/bb") == "127.0.0.1:5000/bb:latest");
    CHECK(parsed("a.b:80") == "a.b:80"); // without a slash it is a name and a tag, not a host
    CHECK(parsed("localhost/a/b/c") == "localhost/a/b/c:latest");
    CHECK(parsed("Registry.Example/app") == "Registry.Example/app:latest");
    CHECK(parsed("team/a__b.c-d--e/f_g") == "team/a__b.c-d--e/f_g:latest");
    CHECK(parsed("app@" + kDigest) == "app@" + kDigest);
    CHECK(parsed("app:1@" + kDigest) == "app:1@" + kDigest);
}

TEST_CASE("the parts of a reference are told apart although a host's port looks like a tag")
{
    const Result<ImageReference> reference = split_image_reference("host:5000/team/app:v1.2@" + kDigest);
    REQUIRE(reference.has_value());
    CHECK(reference->name == "host:5000/team/app");
    CHECK(reference->tag == "v1.2");
    CHECK(reference->digest == kDigest);
}

TEST_CASE("what could mean something else to the Engine or a shell is refused")
{
    for (const char* text : {"",
                             " ",
                             "Ubuntu",
                             "ubuntu ",
                             " ubuntu",
                             "ubuntu:",
                             ":tag",
                             "@",
                             "a@",
                             "a//b",
                             "/a",
                             "a/",
                             "../a",
                             "a/../b",
                             ".",
                             "a/.",
                             "-a",
                             "--privileged",
                             "a-",
                             "a..b",
                             "a___b",
                             "a.-b",
                             "ubuntu:22 04",
                             "ubuntu\n",
                             "ubuntu:22\r\nHost: x",
                             "ubuntu;id",
                             "ubuntu&tag=x",
                             "ubuntu?x",
                             "ubuntu#x",
                             "ubuntu%2f",
                             "$(id)",
                             "`id`",
                             "http://a/b",
                             "host:/a",
                             "host:0/a",
                             "host:65536/a",
                             "host:99999999999/a",
                             "host:5a/b",
                             "-h.example/a",
                             "h..example/a",
                             "a:b:c",
                             "a:.tag",
                             "a:-tag",
                             "a:t\xc3\xa9",
                             "\xc3\xa9",
                             "a@sha256:abc",
                             "a@md5:00",
                             "a:1@1",
                             "host/B"}) {
        CAPTURE(text);
        CHECK(parse_image_reference(text).value_or("refused") == "refused");
    }
    CHECK(parsed(std::string{"a\0b", 3}) == "refused");
    CHECK(parsed("a@" + kDigest + "0") == "refused");
    CHECK(parsed("a@sha256:" + std::string(64, 'A')) == "refused");
    CHECK(parsed(std::string(64, 'a')) == "refused");
}

TEST_CASE("255 characters are a reference, 256 are not, and neither are 255 that latest would make longer")
{
    const std::string name(250, 'a');
    CHECK(parsed(name + ":1234") == name + ":1234");
    CHECK(parsed(name + ":12345") == "refused");
    CHECK(parsed(std::string(255, 'a')) == "refused");
    CHECK(parsed("a:" + std::string(128, 't')) == "a:" + std::string(128, 't'));
    CHECK(parsed("a:" + std::string(129, 't')) == "refused");
}

} // namespace
} // namespace berth::compute
