#include "compute/ports.h"

#include "compute/host_ports.h"

#include <doctest/doctest.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

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

TEST_CASE("a port that somebody else on the host has is passed over, and comes back when it is free")
{
    std::set<uint16_t> elsewhere{100, 102};
    PortLedger ledger{{.first = 100, .last = 103}, [&](uint16_t port) { return !elsewhere.contains(port); }};
    CHECK(ledger.take(2, uint16_t{100}).value() == std::vector<uint16_t>{101, 103});
    CHECK(ledger.take(1, std::nullopt).error().code == Errc::unavailable);
    elsewhere.clear();
    CHECK(ledger.take(2, std::nullopt).has_value());
}

TEST_CASE("who listens on a port has it, and who did has it no more")
{
    const int handle = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    REQUIRE(bind(handle, reinterpret_cast<sockaddr*>(&address), length) == 0);
    REQUIRE(listen(handle, 1) == 0);
    REQUIRE(getsockname(handle, reinterpret_cast<sockaddr*>(&address), &length) == 0);
    const uint16_t port = ntohs(address.sin_port);
    CHECK(!is_host_port_free("127.0.0.1", port));
    CHECK(!is_host_port_free("0.0.0.0", port));
    CHECK(is_host_port_free("127.0.0.2", port));
    CHECK(is_host_port_free("no address", port));
    close(handle);
    CHECK(is_host_port_free("127.0.0.1", port));
}

} // namespace
} // namespace berth::compute
