#include "compute/tree_size.h"

#include <doctest/doctest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace berth;
using namespace berth::compute;

namespace {

/// A folder of its own, gone again with the test.
struct Folder {
    Folder() { std::filesystem::create_directories(path); }
    ~Folder() { std::filesystem::remove_all(path); }
    std::filesystem::path path = std::filesystem::temp_directory_path() / ("berth-tree-" + std::to_string(::getpid()));
};

void write_file(const std::filesystem::path& path, size_t bytes)
{
    std::ofstream{path} << std::string(bytes, 'x');
}

constexpr TreeLimit kWide{.bytes_max = 1 << 30, .entries_max = 1000};

} // namespace

TEST_CASE("a tree is as large as its files' blocks, at every depth")
{
    const Folder folder;
    std::filesystem::create_directories(folder.path / "a/b");
    write_file(folder.path / "a/b/large", 1 << 20);
    write_file(folder.path / "small", 1);
    const auto size = measure_tree(folder.path.string(), kWide);
    REQUIRE(size.has_value());
    CHECK(size->entries == 4);
    CHECK(size->bytes >= 1 << 20);
    CHECK(size->bytes < 2 << 20);
    CHECK_FALSE(size->is_cut);
}

TEST_CASE("counting ends beyond the limit of bytes, and of entries")
{
    const Folder folder;
    for (int i = 0; i < 20; ++i)
        write_file(folder.path / std::to_string(i), 64 << 10);
    const auto by_bytes = measure_tree(folder.path.string(), {.bytes_max = 100 << 10, .entries_max = 1000});
    REQUIRE(by_bytes.has_value());
    CHECK(by_bytes->is_cut);
    CHECK(by_bytes->entries == 2);
    const auto by_entries = measure_tree(folder.path.string(), {.bytes_max = 1 << 30, .entries_max = 5});
    REQUIRE(by_entries.has_value());
    CHECK(by_entries->is_cut);
    CHECK(by_entries->entries == 6);
}

TEST_CASE("a link to elsewhere is an entry and nothing more, and the top itself may not be one")
{
    const Folder folder;
    std::filesystem::create_directories(folder.path / "tree");
    std::filesystem::create_directory_symlink("/usr", folder.path / "tree/usr");
    const auto size = measure_tree((folder.path / "tree").string(), kWide);
    REQUIRE(size.has_value());
    CHECK(size->entries == 1);
    CHECK_FALSE(measure_tree((folder.path / "tree/usr").string(), kWide).has_value());
}

TEST_CASE("a tree that is deeper than can be followed counts as cut")
{
    const Folder folder;
    std::filesystem::path deep = folder.path;
    for (int i = 0; i < 140; ++i)
        deep /= "d";
    std::filesystem::create_directories(deep);
    const auto size = measure_tree(folder.path.string(), kWide);
    REQUIRE(size.has_value());
    CHECK(size->is_cut);
}

TEST_CASE("what isn't there is not_found, not empty")
{
    const auto size = measure_tree("/nonexistent/berth", kWide);
    REQUIRE_FALSE(size.has_value());
    CHECK(size.error().code == Errc::not_found);
}
