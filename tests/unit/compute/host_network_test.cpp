#include "compute/host_network.h"

#include <doctest/doctest.h>

namespace berth::compute {
namespace {

using Addresses = std::vector<uint32_t>;

TEST_CASE("a range is an address with bits, without host bits")
{
    CHECK(Ipv4Range::parse("10.0.0.0/8").value().text() == "10.0.0.0/8");
    CHECK(Ipv4Range::parse("10.1.2.3").value().text() == "10.1.2.3/32");
    CHECK(Ipv4Range::parse("0.0.0.0/0").value().contains(0xffffffff));
    CHECK(!Ipv4Range::parse("10.1.2.0/24").value().contains(0x0a010300));
    for (const char* text : {"", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8x", "::1", "10.0.0"}) {
        CAPTURE(text);
        CHECK(!Ipv4Range::parse(text).has_value());
    }
}

TEST_CASE("ranges overlap when one holds the other")
{
    const Ipv4Range wide = Ipv4Range::parse("10.0.0.0/8").value();
    const Ipv4Range narrow = Ipv4Range::parse("10.213.0.0/16").value();
    CHECK(wide.overlaps(narrow));
    CHECK(narrow.overlaps(wide));
    CHECK(!narrow.overlaps(Ipv4Range::parse("10.214.0.0/16").value()));
}

TEST_CASE("resolvers are the nameserver lines with an IPv4 address that a container can reach")
{
    CHECK(parse_resolvers("# nameserver 1.1.1.1\nsearch lan\nnameserver 10.0.0.53\r\n\tnameserver\t9.9.9.9 # two\n"
                          "nameserver 127.0.0.53\nnameserver fd00::1\nnameserver 10.0.0.53\nnameserver x\nnameserver\n"
                          "nameservers 8.8.8.8") == Addresses{0x0a000035, 0x09090909});
    std::string many;
    for (int i = 0; i < 1000; ++i)
        many += fmt::format("nameserver 10.0.{}.{}\n", i / 250, i % 250);
    CHECK(parse_resolvers(many).size() == kResolversMax);
}

TEST_CASE("a host with a stub of its own has systemd-resolved's resolvers, or the default ones")
{
    CHECK(choose_resolvers("nameserver 10.0.0.53", "nameserver 10.0.0.54") == Addresses{0x0a000035});
    CHECK(choose_resolvers("nameserver 127.0.0.53", "nameserver 10.0.0.54") == Addresses{0x0a000036});
    CHECK(choose_resolvers("nameserver ::1", "") == Addresses{0x08080808, 0x08080404});
}

TEST_CASE("routes are read as the kernel writes them, but for default routes and leases' bridges")
{
    const auto routes =
        parse_routes("Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
                     "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
                     "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
                     "berth-1000\t803ED50A\t00000000\t0001\t0\t0\t0\tF0FFFFFF\t0\t0\t0\n"
                     "wg0\t0000D50A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\nodd line\n");
    REQUIRE(routes.size() == 2);
    CHECK(routes[0].range.text() == "192.0.2.0/24");
    CHECK(routes[1].interface == "wg0");
    CHECK(routes[1].range.text() == "10.213.0.0/16");
}

TEST_CASE("an address that no interface has is on no bridge of ours")
{
    CHECK(!has_bridge_of(0x0ad50012, Ipv4Range::parse("10.213.0.0/28").value()));
    CHECK(has_bridge_of(0x7f000001, Ipv4Range::parse("127.0.0.0/8").value()));
}

} // namespace
} // namespace berth::compute
