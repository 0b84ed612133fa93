#include "compute/firewall_rules.h"

#include <doctest/doctest.h>

namespace berth::compute {
namespace {

FirewallRules some_rules()
{
    return {.table = "berth_01234567",
            .pool = Ipv4Range::parse("10.213.0.0/16").value(),
            .resolvers = {0x0a000035},
            .allow = {Ipv4Range::parse("10.0.0.9").value()}};
}

/// The part of the rules that belongs to one hook.
std::string chain_of(const std::string& rules, const std::string& name)
{
    const size_t begin = rules.find("chain " + name);
    REQUIRE(begin != std::string::npos);
    return rules.substr(begin, rules.find("  }\n", begin) - begin);
}

/// Whether both lines are there, in this order.
bool stands_before(const std::string& chain, const std::string& first, const std::string& second)
{
    const size_t at = chain.find(first);
    return at != std::string::npos && chain.find(second, at) != std::string::npos;
}

TEST_CASE("the table is replaced in one transaction that also works where there was none")
{
    const std::string rules = make_ruleset(some_rules());
    CHECK(rules.starts_with("add table inet berth_01234567\ndelete table inet berth_01234567\ntable inet"));
    CHECK(make_removal("berth_01234567") == "add table inet berth_01234567\ndelete table inet berth_01234567\n");
}

TEST_CASE("whoever is no tenant leaves both hooks before the first rule that is meant for tenants")
{
    const std::string rules = make_ruleset(some_rules());
    for (const char* name : {"input", "forward"}) {
        CAPTURE(name);
        const std::string chain = chain_of(rules, name);
        CHECK(stands_before(chain, "meta nfproto != ipv4 return", "ip saddr != 10.213.0.0/16 return"));
        CHECK(stands_before(chain, "ip saddr != 10.213.0.0/16 return", "ct state established return"));
        CHECK(stands_before(chain, "iifname \"berth-*\" meta nfproto ipv6 drop", "meta nfproto != ipv4 return"));
    }
}

TEST_CASE("the host is closed to tenants but for its resolver and what the operator allows")
{
    const std::string input = chain_of(make_ruleset(some_rules()), "input");
    CHECK(stands_before(input, "ip daddr { 10.0.0.53 } udp dport 53 return", "    drop\n"));
    CHECK(stands_before(input, "ip daddr { 10.0.0.9/32 } return", "    drop\n"));
    CHECK(input.ends_with("    drop\n"));
}

TEST_CASE("no exception reaches another tenant, and every exception comes before the private ranges")
{
    const std::string forward = chain_of(make_ruleset(some_rules()), "forward");
    CHECK(stands_before(forward, "ip daddr 10.213.0.0/16 drop", "ip daddr { 10.0.0.53 } udp dport 53 return"));
    CHECK(stands_before(forward, "ip daddr { 10.0.0.9/32 } return", "10.0.0.0/8, 100.64.0.0/10"));
    CHECK(stands_before(forward, "169.254.0.0/16", "tcp dport 25 drop"));
}

TEST_CASE("without resolvers and allowed ranges there are no empty sets, which nftables refuses")
{
    FirewallRules rules = some_rules();
    rules.resolvers.clear();
    rules.allow.clear();
    CHECK(make_ruleset(rules).find("{  }") == std::string::npos);
    CHECK(make_ruleset(rules).find("dport 53") == std::string::npos);
}

} // namespace
} // namespace berth::compute
