#include "compute/firewall_rules.h"

namespace berth::compute {

namespace {

/// Where nothing on the internet is: what lies there belongs to the operator, to other tenants, or to nobody.
constexpr const char* kClosedRanges[] = {
    "0.0.0.0/8",      // this network
    "10.0.0.0/8",     // private
    "100.64.0.0/10",  // carrier-grade
    "127.0.0.0/8",    // loopback
    "169.254.0.0/16", // link-local, where clouds keep their metadata
    "172.16.0.0/12",  // private
    "192.0.0.0/24",   // protocol assignments
    "192.168.0.0/16", // private
    "198.18.0.0/15",  // benchmarks of network gear
    "224.0.0.0/3",    // multicast and reserved, broadcast included
};

std::string join(const std::vector<std::string>& words)
{
    std::string joined;
    for (const std::string& word : words)
        joined += (joined.empty() ? "" : ", ") + word;
    return joined;
}

/// What both hooks begin with. Whoever isn't a tenant leaves here, and so do answers to those who reached a tenant.
std::string make_preamble(const FirewallRules& rules)
{
    // Leases have no IPv6. A bridge has a link-local address all the same, by which the host could be reached.
    // A source address that isn't routed to the interface it came from is forged, or meant to pass by the pool's rules.
    return fmt::format("    iifname \"{0}*\" meta nfproto ipv6 drop\n"
                       "    meta nfproto != ipv4 return\n"
                       "    iifname \"{0}*\" fib saddr . iif oif missing drop\n"
                       "    ip saddr != {1} return\n"
                       "    ct state established return\n",
                       kBridgePrefix, rules.pool.text());
}

std::string make_exceptions(const FirewallRules& rules)
{
    std::vector<std::string> resolvers;
    for (const uint32_t resolver : rules.resolvers)
        resolvers.push_back(ipv4_text(resolver));
    std::vector<std::string> allowed;
    for (const Ipv4Range& range : rules.allow)
        allowed.push_back(range.text());
    std::string text;
    if (!resolvers.empty())
        text += fmt::format("    ip daddr {{ {0} }} udp dport 53 return\n    ip daddr {{ {0} }} tcp dport 53 return\n",
                            join(resolvers));
    if (!allowed.empty())
        text += fmt::format("    ip daddr {{ {} }} return\n", join(allowed));
    return text;
}

std::string make_input(const FirewallRules& rules)
{
    // The host may speak to itself by the address that it has on a lease's bridge.
    return "  chain input {\n    type filter hook input priority -10; policy accept;\n    iifname \"lo\" return\n" +
           make_preamble(rules) + make_exceptions(rules) + "    drop\n  }\n";
}

std::string make_forward(const FirewallRules& rules)
{
    std::vector<std::string> closed;
    for (const char* range : kClosedRanges)
        closed.emplace_back(range);
    // The error of a router on the way may be passed on; no other relation is known here, so that no helper for a
    // protocol with two connections opens a way in.
    // A port that another tenant publishes on the host's address has become that tenant's address before this hook.
    // Mail to other servers (port 25) is what spammers rent hosts for, and it is the host's address that gets listed;
    // who submits mail to a provider of his own uses 465 or 587.
    return "  chain forward {\n    type filter hook forward priority -10; policy accept;\n" + make_preamble(rules) +
           "    ct state related ip protocol icmp return\n" + fmt::format("    ip daddr {} drop\n", rules.pool.text()) +
           make_exceptions(rules) +
           fmt::format("    ip daddr {{ {} }} drop\n    tcp dport 25 drop\n  }}\n", join(closed));
}

} // namespace

std::string make_removal(const std::string& table)
{
    // Made first, so that removing it can't fail because it is not there.
    return fmt::format("add table inet {0}\ndelete table inet {0}\n", table);
}

std::string make_ruleset(const FirewallRules& rules)
{
    return make_removal(rules.table) +
           fmt::format("table inet {} {{\n{}{}}}\n", rules.table, make_input(rules), make_forward(rules));
}

} // namespace berth::compute
