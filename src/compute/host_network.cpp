#include "compute/host_network.h"

#include "compute/firewall_rules.h"

#include <arpa/inet.h>
#include <ifaddrs.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <fstream>
#include <functional>

namespace berth::compute {

namespace {

constexpr size_t kFileBytesMax = 1 << 20;
constexpr size_t kRoutesMax = 10'000;
constexpr Ipv4Range kLoopback{.base = 0x7f000000, .bits = 8};
/// What Docker and Podman fall back to.
constexpr uint32_t kDefaultResolvers[] = {0x08080808, 0x08080404};

/// The beginning of a file; empty when it can't be read.
std::string read_start(const char* path)
{
    std::ifstream file{path, std::ios::binary};
    std::string text(kFileBytesMax, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(std::max<std::streamsize>(file.gcount(), 0)));
    return text;
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators)
{
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const size_t end = std::min(text.find_first_of(separators), text.size());
        if (end > 0)
            parts.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

/// Eight hex digits of a number as it lies in this machine's memory, in network order.
std::optional<uint32_t> parse_hex_address(std::string_view text)
{
    uint32_t raw = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), raw, 16);
    if (error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return ntohl(raw);
}

/// Calls for each IPv4 address of an interface: its name, the address, its subnet.
void each_address(const std::function<void(const char*, uint32_t, const Ipv4Range&)>& call)
{
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0)
        return;
    for (const ifaddrs* entry = all; entry; entry = entry->ifa_next) {
        if (!entry->ifa_addr || !entry->ifa_netmask || entry->ifa_addr->sa_family != AF_INET)
            continue;
        const uint32_t address = ntohl(reinterpret_cast<const sockaddr_in*>(entry->ifa_addr)->sin_addr.s_addr);
        const uint32_t mask = ntohl(reinterpret_cast<const sockaddr_in*>(entry->ifa_netmask)->sin_addr.s_addr);
        call(entry->ifa_name, address, {.base = address & mask, .bits = static_cast<uint32_t>(std::popcount(mask))});
    }
    ::freeifaddrs(all);
}

bool is_lease_bridge(std::string_view interface)
{
    return interface.starts_with(kBridgePrefix);
}

} // namespace

std::vector<uint32_t> parse_resolvers(std::string_view resolv_conf)
{
    std::vector<uint32_t> resolvers;
    for (const std::string_view line : split(resolv_conf, "\r\n")) {
        const std::vector<std::string_view> words = split(line, " \t");
        if (words.size() < 2 || words[0] != "nameserver")
            continue;
        const auto address = parse_ipv4(words[1]);
        if (!address || kLoopback.contains(*address) || resolvers.size() >= kResolversMax)
            continue;
        if (std::find(resolvers.begin(), resolvers.end(), *address) == resolvers.end())
            resolvers.push_back(*address);
    }
    return resolvers;
}

std::vector<uint32_t> choose_resolvers(std::string_view resolv_conf, std::string_view systemd_resolv_conf)
{
    std::vector<uint32_t> resolvers = parse_resolvers(resolv_conf);
    if (resolvers.empty())
        resolvers = parse_resolvers(systemd_resolv_conf);
    if (resolvers.empty())
        resolvers.assign(std::begin(kDefaultResolvers), std::end(kDefaultResolvers));
    return resolvers;
}

std::vector<uint32_t> read_resolvers()
{
    return choose_resolvers(read_start("/etc/resolv.conf"), read_start("/run/systemd/resolve/resolv.conf"));
}

std::vector<HostRoute> parse_routes(std::string_view proc_net_route)
{
    std::vector<HostRoute> routes;
    // Iface Destination Gateway Flags RefCnt Use Metric Mask …
    for (const std::string_view line : split(proc_net_route, "\n")) {
        const std::vector<std::string_view> words = split(line, " \t");
        if (words.size() < 8 || is_lease_bridge(words[0]) || routes.size() >= kRoutesMax)
            continue;
        const auto destination = parse_hex_address(words[1]);
        const auto mask = parse_hex_address(words[7]);
        if (destination && mask && *mask != 0)
            routes.push_back(
                {.interface = std::string{words[0]},
                 .range = {.base = *destination & *mask, .bits = static_cast<uint32_t>(std::popcount(*mask))}});
    }
    return routes;
}

std::string find_overlap(const Ipv4Range& pool)
{
    std::string found;
    const auto note = [&](std::string_view interface, const std::string& what) {
        if (found.empty())
            found =
                fmt::format("the address pool of leases, {}, overlaps {} on {}: choose another [docker] subnet_pool",
                            pool.text(), what, interface);
    };
    for (const HostRoute& route : parse_routes(read_start("/proc/net/route")))
        if (pool.overlaps(route.range))
            note(route.interface, "the route to " + route.range.text());
    each_address([&](const char* interface, uint32_t address, const Ipv4Range&) {
        if (!is_lease_bridge(interface) && pool.contains(address))
            note(interface, "the address " + ipv4_text(address));
    });
    return found;
}

bool has_bridge_of(uint32_t address, const Ipv4Range& pool)
{
    bool found = false;
    each_address([&](const char*, uint32_t own, const Ipv4Range& subnet) {
        found = found || (pool.contains(own) && subnet.contains(address));
    });
    return found;
}

} // namespace berth::compute
