#include "compute/docker_events.h"

#include <doctest/doctest.h>

#include <vector>

namespace berth::compute {
namespace {

constexpr std::string_view kDie =
    R"({"Type":"container","Action":"die","Actor":{"ID":"c1","Attributes":{"berth.lease":"L1","exitCode":"3"}}})"
    "\n";
constexpr std::string_view kStart =
    R"({"Type":"container","Action":"start","Actor":{"ID":"c1","Attributes":{"berth.lease":"L2"}}})"
    "\r\n";
constexpr std::string_view kForeign = R"({"Type":"container","Action":"die","Actor":{"ID":"c1","Attributes":{}}})"
                                      "\n";

TEST_CASE("ends of labelled containers are told wherever the stream was cut, and nothing else is")
{
    const std::string stream =
        std::string{kDie} + "\n" + std::string{kStart} + std::string{kForeign} + std::string{kDie};
    for (size_t cut = 0; cut <= stream.size(); ++cut) {
        std::vector<std::string> told;
        EventStream events{"berth.lease", [&](const std::string& lease) { told.push_back(lease); }};
        REQUIRE(events.add(std::string_view{stream}.substr(0, cut)));
        REQUIRE(events.add(std::string_view{stream}.substr(cut)));
        CHECK(told == std::vector<std::string>{"L1", "L1"});
    }
}

TEST_CASE("what is not JSON lines, or never ends, is given up")
{
    EventStream words{"l", [](const std::string&) {}};
    CHECK(!words.add("hello\n"));
    EventStream endless{"l", [](const std::string&) {}};
    bool taken = true;
    for (int i = 0; i < 1000 && taken; ++i)
        taken = endless.add(std::string(1000, ' '));
    CHECK(!taken);
}

} // namespace
} // namespace berth::compute
