#include "compute/nameless_files.h"

#include "support/temporary_folder.h"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

namespace berth::compute {
namespace {

constexpr size_t kBytes = 1 << 20;

/// A file of a megabyte that this process holds open and nobody can find.
class Nameless {
public:
    Nameless()
    {
        const std::string path = (folder_.path() / "file").string();
        handle_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        const std::string text(kBytes, 'x');
        REQUIRE(write(handle_, text.data(), text.size()) == static_cast<ssize_t>(kBytes));
        REQUIRE(unlink(path.c_str()) == 0);
    }
    ~Nameless() { close_it(); }
    Nameless(const Nameless&) = delete;
    Nameless& operator=(const Nameless&) = delete;

    [[nodiscard]] int handle() const { return handle_; }
    [[nodiscard]] dev_t device() const
    {
        struct stat status {};
        REQUIRE(fstat(handle_, &status) == 0);
        return status.st_dev;
    }
    void close_it()
    {
        if (handle_ >= 0)
            close(handle_);
        handle_ = -1;
    }

private:
    const test::TemporaryFolder folder_;
    int handle_ = -1;
};

TEST_CASE("a file without a name counts once while it is open, and not on a device that ends by itself")
{
    const uint64_t before = measure_nameless({getpid()}, {}).bytes;
    const Nameless file;
    const int again = dup(file.handle());
    const uint64_t held = measure_nameless({getpid(), getpid()}, {}).bytes - before;
    CHECK(held >= kBytes);
    CHECK(held < 2 * kBytes);
    CHECK(measure_nameless({getpid()}, {file.device()}).bytes <= before);
    close(again);
}

TEST_CASE("and while it is only mapped")
{
    Nameless file;
    void* memory = mmap(nullptr, kBytes, PROT_READ, MAP_SHARED, file.handle(), 0);
    REQUIRE(memory != MAP_FAILED);
    const uint64_t open_too = measure_nameless({getpid()}, {}).bytes;
    file.close_it();
    if (geteuid() == 0) // others may not look behind a mapping
        CHECK(measure_nameless({getpid()}, {}).bytes == open_too);
    munmap(memory, kBytes);
    CHECK(measure_nameless({getpid()}, {}).bytes + kBytes <= open_too);
}

TEST_CASE("files in memory are not on the disk")
{
    const uint64_t before = measure_nameless({getpid()}, {}).bytes;
    const int memory = memfd_create("test", MFD_CLOEXEC);
    REQUIRE(ftruncate(memory, kBytes) == 0);
    REQUIRE(write(memory, "x", 1) == 1);
    CHECK(measure_nameless({getpid()}, {}).bytes == before);
    close(memory);
}

TEST_CASE("a process that is nobody's, or not of the container, leads to no others")
{
    CHECK(processes_of(0, "container").empty());
    CHECK(processes_of(getpid(), "no-such-container").empty());
    CHECK(processes_of(getpid(), "").empty()); // its process namespace is our own
}

} // namespace
} // namespace berth::compute
