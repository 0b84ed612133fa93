#pragma once
// What this host's network is like, read from its files: the resolvers that the Engine gives to containers, and what
// the address pool of leases would shadow. The parsers are pure; all input is bounded.

#include "compute/ipv4.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace berth::compute {

inline constexpr size_t kResolversMax = 16;

/// IPv4 addresses of `nameserver` lines, without loopback ones: those are no use in a container. The first 16.
[[nodiscard]] std::vector<uint32_t> parse_resolvers(std::string_view resolv_conf);
/// What Docker and Podman give to containers: the host's resolvers, systemd-resolved's where the host only has its
/// stub, and Google's where there are none.
[[nodiscard]] std::vector<uint32_t> choose_resolvers(std::string_view resolv_conf,
                                                     std::string_view systemd_resolv_conf);
[[nodiscard]] std::vector<uint32_t> read_resolvers();

/// A route of the host's: `range` by way of `interface`.
struct HostRoute {
    std::string interface;
    Ipv4Range range;
};
/// Lines of /proc/net/route, without default routes and without those to leases' bridges.
[[nodiscard]] std::vector<HostRoute> parse_routes(std::string_view proc_net_route);
/// A sentence for the operator when leases' addresses overlap an address or route that the host has already.
[[nodiscard]] std::string find_overlap(const Ipv4Range& pool);

/// Whether an interface of this network namespace is the bridge of this address: itself of the pool, in one subnet.
[[nodiscard]] bool has_bridge_of(uint32_t address, const Ipv4Range& pool);

} // namespace berth::compute
