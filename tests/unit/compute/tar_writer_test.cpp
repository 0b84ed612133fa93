#include "compute/tar_writer.h"

#include <doctest/doctest.h>

namespace berth::compute {
namespace {

TEST_CASE("an archive is whole blocks: header, padded content, and two empty ones")
{
    TarWriter tar;
    REQUIRE(tar.add_directory("bin/", 0755).has_value());
    REQUIRE(tar.add_file("bin/x", std::string(513, 'x'), 0755).has_value());
    REQUIRE(tar.add_symlink("bin/y", "x").has_value());
    const std::string archive = tar.finish();
    CHECK(archive.size() == 512 * (1 + 1 + 2 + 1 + 2));
    CHECK(archive.substr(257, 8) == std::string{"ustar\0"
                                                "00",
                                                8});
    CHECK(archive.substr(512 + 124, 11) == "00000001001");
    CHECK(archive[512 * 4 + 156] == '2');
    CHECK(archive.substr(512 * 4 + 157, 2) == std::string{"x\0", 2});
}

TEST_CASE("a header's checksum is the sum of its bytes with spaces in the checksum's place")
{
    TarWriter tar;
    REQUIRE(tar.add_file("a", "content", 0644).has_value());
    const std::string header = tar.finish().substr(0, 512);
    unsigned sum = 0;
    for (size_t i = 0; i < header.size(); ++i)
        sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(header[i]);
    CHECK(std::stoul(header.substr(148, 6), nullptr, 8) == sum);
}

TEST_CASE("absolute and overlong paths are refused")
{
    TarWriter tar;
    CHECK(tar.add_file("/etc/passwd", "", 0644).error().code == Errc::bad_input);
    CHECK(tar.add_file("", "", 0644).error().code == Errc::bad_input);
    CHECK(tar.add_file(std::string(101, 'a'), "", 0644).error().code == Errc::bad_input);
    CHECK(tar.add_symlink("a", std::string(101, 'b')).error().code == Errc::bad_input);
}

} // namespace
} // namespace berth::compute
