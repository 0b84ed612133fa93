#include "daemon/template_files.h"

#include <doctest/doctest.h>

namespace berth::daemon {
namespace {

TEST_CASE("a pin changes the image and not another byte")
{
    const std::string before =
        "# image = \"web:1\" in a comment\r\nslug   = 'web' # image\n\n\timage=\"web:1\"   # \xc3\xa4 note\n"
        "description = \"image web:1\"\n[environment]\nimage = \"web:1\"\n";
    const auto after = replace_image(before, "web:1@sha256:aa");
    REQUIRE_MESSAGE(after.has_value(), (after ? "" : after.error().message));
    std::string expected = before;
    expected.replace(before.find("\timage=\"web:1\"") + 8, 5, "web:1@sha256:aa");
    CHECK(*after == expected);
    CHECK(replace_image("image = 'a:1'", "b:2").value() == "image = 'b:2'");
}

TEST_CASE("what can't be changed safely is left alone")
{
    CHECK_FALSE(replace_image("slug = \"web\"\n", "b").has_value());
    CHECK_FALSE(replace_image("image = 5\n", "b").has_value());
    CHECK_FALSE(replace_image("image = \"\"\"\nweb:1\"\"\"\n", "b").has_value());
    CHECK_FALSE(replace_image("image = \"\\u0077eb\"\n", "b").has_value());
    CHECK_FALSE(replace_image("image = ", "b").has_value());
}

} // namespace
} // namespace berth::daemon
