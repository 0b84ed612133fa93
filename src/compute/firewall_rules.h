#pragma once
// What a lease may reach, as the text of an nftables table of our own. Pure: firewall.h puts it into the kernel.
//
// The rules are matched by the address pool that all leases' networks are cut from, so no lease needs an element of its
// own that could be missing. The hooks come before those of Docker and ufw, and what is dropped here stays dropped
// whatever they accept, flush or restart.

#include "compute/ipv4.h"

#include <string>
#include <string_view>
#include <vector>

namespace berth::compute {

/// Every bridge of a lease's network has it, whichever provider made it.
inline constexpr std::string_view kBridgePrefix = "berth-";

struct FirewallRules {
    std::string table;               ///< its name in the family inet
    Ipv4Range pool;                  ///< addresses of leases
    std::vector<uint32_t> resolvers; ///< reached on port 53, wherever they are
    std::vector<Ipv4Range> allow{};  ///< what the operator lets leases reach besides the internet
};

/// Commands that replace the table by what the rules say, in one transaction.
[[nodiscard]] std::string make_ruleset(const FirewallRules& rules);
[[nodiscard]] std::string make_removal(const std::string& table);

} // namespace berth::compute
