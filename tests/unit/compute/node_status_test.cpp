#include "compute/node_status.h"

#include <doctest/doctest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace berth::compute {
namespace {

/// A directory that stands for /proc.
class FakeProc {
public:
    FakeProc() : root_{std::filesystem::temp_directory_path() / ("berth-proc-" + std::to_string(getpid()))}
    {
        std::filesystem::create_directories(root_);
    }
    ~FakeProc() { std::filesystem::remove_all(root_); }
    FakeProc(const FakeProc&) = delete;
    FakeProc& operator=(const FakeProc&) = delete;

    void write(const char* name, std::string_view text) const { std::ofstream{root_ / name} << text; }
    [[nodiscard]] std::string root() const { return root_.string(); }

private:
    std::filesystem::path root_;
};

constexpr const char* kMemory = "MemTotal:        1000 kB\nMemFree:          100 kB\nMemAvailable:     400 kB\n";

TEST_CASE("CPU usage is the busy share since the reading before")
{
    const FakeProc proc;
    proc.write("meminfo", kMemory);
    proc.write("stat", "cpu  100 0 100 700 100 0 0 0 0 0\ncpu0 1 2 3 4 5 6 7 8\n");
    NodeStatusReader reader{"/", proc.root()};
    CHECK(reader.read().value().cpu_usage == doctest::Approx(0.2));
    proc.write("stat", "cpu  130 10 110 725 125 0 0 0 50 0\n");
    CHECK(reader.read().value().cpu_usage == doctest::Approx(0.5));
    CHECK(reader.read().value().cpu_usage == 0);
}

TEST_CASE("memory in use is what is not available, in bytes")
{
    const FakeProc proc;
    proc.write("meminfo", kMemory);
    proc.write("stat", "cpu 1 1 1 1 1 1 1 1\n");
    NodeStatusReader reader{"/", proc.root()};
    const NodeStatus status = reader.read().value();
    CHECK(status.memory_total == 1000 * 1024);
    CHECK(status.memory_used == 600 * 1024);
    CHECK(status.disk_total > 0);
    CHECK(status.disk_used <= status.disk_total);
}

TEST_CASE("nothing is made up when the host's files can't be read")
{
    const FakeProc proc;
    NodeStatusReader reader{"/", proc.root()};
    CHECK(reader.read().error().code == Errc::unavailable);
    proc.write("stat", "cpu 1 2 3\n");
    proc.write("meminfo", kMemory);
    CHECK(reader.read().error().code == Errc::unavailable);
    proc.write("stat", "cpu 1 1 1 1 1 1 1 1\n");
    proc.write("meminfo", "MemTotal: x kB\n");
    CHECK(reader.read().error().code == Errc::unavailable);
    proc.write("meminfo", kMemory);
    NodeStatusReader elsewhere{"/nonexistent/disk", proc.root()};
    CHECK(elsewhere.read().error().code == Errc::unavailable);
}

TEST_CASE("the real /proc can be read")
{
    NodeStatusReader reader{"/"};
    const Result<NodeStatus> status = reader.read();
    REQUIRE(status.has_value());
    CHECK(status->cpu_usage >= 0);
    CHECK(status->cpu_usage <= 1);
    CHECK(status->memory_used <= status->memory_total);
}

} // namespace
} // namespace berth::compute
