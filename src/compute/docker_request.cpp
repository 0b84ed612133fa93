#include "compute/docker_request.h"

#include "util/json.h"

namespace berth::compute {

namespace {

// Root inside a container gets nothing but this. No NET_RAW: forged packets would reach the bridge.
constexpr const char* kCapabilities[] = {
    "CHOWN",            // entry points hand their data directory to the user they run as
    "DAC_OVERRIDE",     // package managers write into directories of other users
    "FOWNER",           // and set modes on files that they unpacked for others
    "KILL",             // a supervisor signals workers that run as another user
    "NET_BIND_SERVICE", // ports below 1024
    "SETGID",           // servers and sshd drop root after start
    "SETUID",           // servers and sshd drop root after start
    "SYS_CHROOT",       // sshd confines its unprivileged half
};

// The kernel counts processes of one user id over all containers, so this only stops the absurd; the limit that a lease
// meets is PidsLimit. It is sent because Podman's own default may lie above what it is allowed to set.
constexpr uint64_t kProcessesPerUserMax = 16'384;
// Containers go before the host's own services when memory runs out.
constexpr int kOutOfMemoryScore = 500;
constexpr uint64_t kNanosecondsPerMillicore = 1'000'000;

Json make_ulimit(const char* name, uint64_t limit)
{
    return {{"Name", name}, {"Soft", limit}, {"Hard", limit}};
}

std::string port_key(const PublishedPort& port)
{
    return fmt::format("{}/{}", port.container_port, port.protocol);
}

Json make_port_bindings(const std::vector<PublishedPort>& ports)
{
    Json bindings = Json::object();
    for (const PublishedPort& port : ports) {
        Json binding = {{"HostIp", port.host_address}, {"HostPort", std::to_string(port.host_port)}};
        bindings[port_key(port)].push_back(std::move(binding));
    }
    return bindings;
}

Json make_host_config(const ContainerSettings& settings)
{
    // Type "volume" only: the older Binds would quietly make a host directory out of a name with a slash.
    Json mounts = Json::array();
    for (const MountedVolume& mount : settings.mounts)
        mounts.push_back({{"Type", "volume"}, {"Source", mount.volume}, {"Target", mount.target}});
    Json capabilities = Json::array();
    for (const char* capability : kCapabilities)
        capabilities.push_back(capability);
    Json config = {
        {"NanoCpus", settings.cpu_millicores * kNanosecondsPerMillicore},
        {"Memory", settings.memory_bytes},
        {"MemorySwap", settings.memory_bytes}, // equal to Memory: no swap
        {"PidsLimit", settings.pids_max},
        // No cores: they fill a disk, and with a handler for them the host would work on a tenant's crashes.
        {"Ulimits", Json::array({make_ulimit("nofile", settings.nofile_max), make_ulimit("nproc", kProcessesPerUserMax),
                                 make_ulimit("core", 0)})},
        {"CapDrop", Json::array({"ALL"})},
        {"CapAdd", std::move(capabilities)},
        // The Engine's default seccomp profile holds because none is named here.
        {"SecurityOpt", Json::array({"no-new-privileges"})},
        {"Init", true}, // or process 1 ignores SIGTERM, and nobody reaps orphans
        {"IpcMode", "private"},
        {"CgroupnsMode", "private"}, // its own cgroup looks like the root, and the host's tree isn't told
        // Pages in there count as the container's memory, so this only decides when a file is refused instead of
        // killed.
        {"ShmSize", settings.memory_bytes / 2},
        {"OomScoreAdj", kOutOfMemoryScore},
        {"LogConfig", {{"Type", "json-file"}, {"Config", {{"max-size", "1m"}, {"max-file", "2"}}}}},
        {"RestartPolicy", {{"Name", "no"}}},
        {"Mounts", std::move(mounts)},
        {"PortBindings", make_port_bindings(settings.ports)},
        {"NetworkMode", settings.network},
    };
    if (!settings.resolvers.empty())
        config["Dns"] = settings.resolvers;
    if (!settings.runtime.empty())
        config["Runtime"] = settings.runtime;
    if (settings.disk_gb_max != 0)
        config["StorageOpt"] = {{"size", fmt::format("{}G", settings.disk_gb_max)}};
    return config;
}

} // namespace

std::string percent_encode(std::string_view text)
{
    std::string encoded;
    for (const char c : text) {
        const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                c == '-' || c == '.' || c == '_' || c == '~';
        if (unreserved)
            encoded += c;
        else
            encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return encoded;
}

std::string make_label_filter(std::string_view label, std::string_view value)
{
    const Json filter = {{"label", Json::array({fmt::format("{}={}", label, value)})}};
    return percent_encode(dump_json(filter));
}

std::string make_network_body(const NetworkSettings& settings)
{
    // Names of networks are unique only when the Engine is asked to check.
    return dump_json(Json{
        {"Name", settings.name},
        {"CheckDuplicate", true},
        {"Driver", "bridge"},
        {"Internal", false},
        {"EnableIPv6", false},
        {"IPAM", {{"Driver", "default"}, {"Config", Json::array({{{"Subnet", settings.subnet}}})}}},
        {"Options",
         {{"com.docker.network.bridge.name", settings.bridge_name}, {"com.docker.network.bridge.enable_icc", "false"}}},
        {"Labels", settings.labels},
    });
}

std::string make_libpod_network_body(const NetworkSettings& settings)
{
    return dump_json(Json{
        {"name", settings.name},
        {"driver", "bridge"},
        {"network_interface", settings.bridge_name},
        {"dns_enabled", false},
        {"ipv6_enabled", false},
        {"subnets", Json::array({{{"subnet", settings.subnet}}})},
        {"labels", settings.labels},
    });
}

std::string make_volume_body(const VolumeSettings& settings)
{
    Json body{{"Name", settings.name}, {"Driver", "local"}, {"Labels", settings.labels}};
    if (!settings.device.empty())
        body["DriverOpts"] = {{"type", "ext4"}, {"device", settings.device}, {"o", "nosuid,nodev"}};
    return dump_json(body);
}

std::string make_container_body(const ContainerSettings& settings)
{
    Json environment = Json::array();
    for (const auto& [name, value] : settings.environment)
        environment.push_back(fmt::format("{}={}", name, value));
    Json exposed = Json::object();
    for (const PublishedPort& port : settings.ports)
        exposed[port_key(port)] = Json::object();
    Json body = {
        {"Image", settings.image},   {"Hostname", settings.name},          {"Env", std::move(environment)},
        {"Labels", settings.labels}, {"ExposedPorts", std::move(exposed)}, {"HostConfig", make_host_config(settings)},
    };
    // An image's own would be run as often as it says, up to a thousand times a second, by the Engine and on the host's
    // time: no limit of the lease's holds what it takes to start a process in a container.
    body["Healthcheck"] = {{"Test", Json::array({"NONE"})}};
    if (settings.keep_stdin_open)
        body["OpenStdin"] = true;
    if (!settings.command.empty())
        body["Cmd"] = settings.command;
    return dump_json(body);
}

} // namespace berth::compute
