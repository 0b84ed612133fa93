#include "compute/network_probe.h"

#include "compute/docker_client.h"
#include "compute/firewall_rules.h"
#include "compute/host_network.h"
#include "compute/lease_objects.h"
#include "compute/subnet_pool.h"
#include "compute/tar_writer.h"

#include <functional>

namespace berth::compute {

namespace {

/// Of the provider's label, in the name of the bridge, which has 15 characters.
constexpr size_t kSuffixLength = 8;
constexpr uint32_t kAttemptsMax = 64;
/// Podman's init, which it mounts into a container; alone it waits for ever, so the probe's image can be empty.
constexpr const char* kPodmanInit = "/run/podman-init";

std::string probe_name(const DockerOptions& docker)
{
    return "berth-probe-" + docker.provider_label;
}

/// They let a sweep find what is left should the process die here.
Labels probe_labels(const DockerOptions& docker)
{
    return {{std::string{kLeaseLabel}, std::string{kNetworkProbePrefix} + docker.provider_label},
            {std::string{kProviderLabel}, docker.provider_label}};
}

/// A network as leases have it.
Result<std::string> create_probe_network(DockerClient& client, const DockerOptions& docker, std::string& subnet)
{
    const SubnetPool pool = TRY(SubnetPool::parse(docker.subnet_pool));
    NetworkSettings settings{
        .name = probe_name(docker),
        .subnet = {},
        .bridge_name = fmt::format("{}p{}", kBridgePrefix, docker.provider_label.substr(0, kSuffixLength)),
        .labels = probe_labels(docker),
    };
    (void)client.remove_network(settings.name); // of a process that died here
    const auto number = static_cast<uint32_t>(std::hash<std::string>{}(docker.provider_label));
    for (uint32_t attempt = 0; attempt < std::min(pool.size(), kAttemptsMax); ++attempt) {
        subnet = settings.subnet = pool.subnet_for(number, attempt);
        Result<std::string> created = client.create_network(settings);
        if (created || created.error().code != Errc::conflict)
            return created;
    }
    return fail(Errc::unavailable, "no free subnet found in {}", docker.subnet_pool);
}

Result<ImageReference> import_empty_image(DockerClient& client)
{
    TarWriter tar;
    TRY(tar.add_directory("run", 0755));
    ImageReference image{.name = "berth-probe", .tag = "1", .digest = {}};
    TRY(client.import_image(image, tar.finish(), {}));
    return image;
}

/// The address of a container that runs on the network.
Result<std::string> start_probe_container(DockerClient& client, const DockerOptions& docker, const std::string& network)
{
    const ImageReference image = TRY(import_empty_image(client));
    ContainerSettings settings;
    settings.name = probe_name(docker);
    settings.image = image.name + ":" + image.tag;
    settings.command = {kPodmanInit, "-P"};
    settings.labels = probe_labels(docker);
    settings.network = network;
    settings.runtime = docker.runtime;
    settings.cpu_millicores = 100;
    settings.memory_bytes = 64 << 20;
    settings.pids_max = 64;
    settings.nofile_max = 256;
    const std::string id = TRY(client.create_container(settings));
    TRY(client.start_container(id));
    const ContainerDetails container = TRY(client.inspect_container(id));
    if (!container.running || container.networks.empty())
        return fail(Errc::unavailable, "the container that berth starts to look at its network does not run");
    return container.networks.front().ip;
}

Result<void> probe_with_container(DockerClient& client, const DockerOptions& docker, const std::string& network,
                                  const Ipv4Range& pool)
{
    const auto address = start_probe_container(client, docker, network);
    const auto seen = address ? find_bridge(*address, pool) : Result<void>{pass_on(address)};
    const auto removed = client.remove_container(probe_name(docker));
    if (!removed && removed.error().code != Errc::not_found)
        return removed;
    return seen;
}

} // namespace

/// The rules hold for what passes this network namespace: an Engine in another one is out of their reach.
Result<void> find_bridge(const std::string& address, const Ipv4Range& pool)
{
    const auto number = parse_ipv4(address);
    if (number && pool.contains(*number) && has_bridge_of(*number, pool))
        return {};
    return fail(Errc::unavailable, "the container engine's networks are not in berth's network namespace, so that "
                                   "leases can't be contained: run both in the host's");
}

Result<void> probe_network_namespace(const DockerOptions& docker)
{
    const Ipv4Range pool = TRY(Ipv4Range::parse(docker.subnet_pool));
    EngineLink link{docker.socket, docker.hang_up};
    DockerClient client{link};
    const EngineVersion version = TRY(client.negotiate());
    (void)client.remove_container(probe_name(docker)); // of a process that died here
    std::string subnet;
    const std::string network = TRY(create_probe_network(client, docker, subnet));
    const Ipv4Range range = TRY(Ipv4Range::parse(subnet));
    const auto seen = version.is_podman ? probe_with_container(client, docker, network, pool)
                                        : find_bridge(ipv4_text(range.base + 1), pool);
    TRY(client.remove_network(network));
    return seen;
}

} // namespace berth::compute
