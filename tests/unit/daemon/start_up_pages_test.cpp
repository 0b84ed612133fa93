#include "daemon/start_up_pages.h"

#include <doctest/doctest.h>

#include <fstream>
#include <string>

namespace berth::daemon {
namespace {

/// Kilobytes of files that are resident in this process.
long resident_file_kb()
{
    std::ifstream status{"/proc/self/status"};
    for (std::string name; status >> name;) {
        long kilobytes = 0;
        if (name == "RssFile:" && status >> kilobytes)
            return kilobytes;
    }
    return -1;
}

TEST_CASE("what only the start needed does not stay resident, and everything goes on working")
{
    const long before = resident_file_kb();
    REQUIRE(before > 0);
    release_start_up_pages();
    CHECK(resident_file_kb() < before);
    CHECK_THROWS(throw std::string{"unwinding reads tables that were released"});
}

} // namespace
} // namespace berth::daemon
