#include "daemon/network_config.h"

#include "compute/host_network.h"

namespace berth::daemon {

namespace {

constexpr size_t kAllowedMax = 64;

void read_allowed(TableReader& reader, const std::string& pool_text, std::vector<compute::Ipv4Range>& allow)
{
    const auto pool = compute::Ipv4Range::parse(pool_text);
    for (const std::string& text : reader.texts("allow")) {
        const auto range = compute::Ipv4Range::parse(text);
        if (!range)
            reader.problems().add("{}: allow \"{}\": {}", reader.where(), text, range.error().message);
        else if (pool && pool->overlaps(*range))
            reader.problems().add("{}: allow \"{}\" overlaps the addresses of leases, {}", reader.where(), text,
                                  pool_text);
        else
            allow.push_back(*range);
    }
    if (allow.size() > kAllowedMax)
        reader.problems().add("{}: allow names at most {} ranges", reader.where(), kAllowedMax);
}

void read_resolver_list(TableReader& reader, std::vector<std::string>& resolvers)
{
    resolvers = reader.texts("resolvers");
    for (const std::string& text : resolvers)
        if (!compute::parse_ipv4(text))
            reader.problems().add("{}: resolvers: \"{}\" is not an IPv4 address", reader.where(), text);
    if (resolvers.size() > compute::kResolversMax)
        reader.problems().add("{}: resolvers names at most {}", reader.where(), compute::kResolversMax);
}

} // namespace

void read_network(const toml::table& table, compute::NetworkOptions& network, compute::DockerOptions& docker,
                  Problems& problems)
{
    TableReader reader{table, "[network]", problems};
    network.isolate = reader.boolean("isolate", network.isolate);
    read_allowed(reader, docker.subnet_pool, network.allow);
    read_resolver_list(reader, docker.resolvers);
}

} // namespace berth::daemon
