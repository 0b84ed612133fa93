#include "compute/ports.h"

#include <doctest/doctest.h>

namespace berth::compute {
namespace {

TEST_CASE("a port range has two ends in order, and nothing around them")
{
    const Result<PortRange> range = PortRange::parse("31000-31999");
    REQUIRE(range.has_value());
    CHECK(range->first == 31000);
    CHECK(range->last == 31999);
    for (const char* text :
         {"", "-", "1", "1-", "-1", "0-5", "5-4", "1-65536", " 1-2", "1-2 ", "1--2", "+1-2", "a-b", "1-2-3"}) {
        CAPTURE(text);
        CHECK(!PortRange::parse(text).has_value());
    }
    CHECK(PortRange::parse("65535-65535").has_value());
}

TEST_CASE("the preferred port comes first while it is free and within the range")
{
    PortLedger ledger{{.first = 100, .last = 109}};
    CHECK(ledger.take(2, uint16_t{105}).value().front() == 105);
    CHECK(ledger.take(1, uint16_t{105}).value().front() != 105);
    CHECK(ledger.take(1, uint16_t{99}).value().front() >= 100);
}

TEST_CASE("no port is given twice, and all of them are given")
{
    PortLedger ledger{{.first = 65530, .last = 65535}};
    ledger.mark_taken(65533);
    std::set<uint16_t> given;
    for (int i = 0; i < 5; ++i)
        CHECK(given.insert(ledger.take(1, std::nullopt).value().front()).second);
    CHECK(!given.contains(65533));
    CHECK(ledger.free_count() == 0);
    CHECK(ledger.take(1, std::nullopt).error().code == Errc::unavailable);
}

TEST_CASE("a request that can't be met takes nothing")
{
    PortLedger ledger{{.first = 100, .last = 102}};
    CHECK(!ledger.take(4, uint16_t{101}).has_value());
    CHECK(ledger.free_count() == 3);
    CHECK(ledger.take(0, std::nullopt).value().empty());
    CHECK(ledger.take(3, uint16_t{101}).value() == std::vector<uint16_t>{101, 100, 102});
}

TEST_CASE("a port that was given back rests while others are free")
{
    PortLedger ledger{{.first = 100, .last = 102}};
    const uint16_t first = ledger.take(1, std::nullopt).value().front();
    ledger.give_back(first);
    CHECK(ledger.take(1, std::nullopt).value().front() != first);
    CHECK(ledger.take(1, std::nullopt).value().front() != first);
    CHECK(ledger.take(1, std::nullopt).value().front() == first);
}

TEST_CASE("ports marked taken outside of the range don't count")
{
    PortLedger ledger{{.first = 100, .last = 102}};
    ledger.mark_taken(99);
    ledger.mark_taken(103);
    CHECK(ledger.free_count() == 3);
}

} // namespace
} // namespace berth::compute
