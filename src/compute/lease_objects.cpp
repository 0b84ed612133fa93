#include "compute/lease_objects.h"

#include "util/utf8.h"

#include <algorithm>

namespace berth::compute {

namespace {

// "berth-" and nine digits fill the 15 characters that Linux has for the name of an interface.
constexpr uint32_t kNumberMax = 999'999'999;
constexpr uint64_t kMemoryMbMin = 6; // the Engine's own least
constexpr uint64_t kMemoryMbMax = 1ull << 32;
constexpr size_t kDataPathLengthMax = 256;

bool is_text(std::string_view text)
{
    return text.find('\0') == std::string_view::npos && is_valid_utf8(text);
}

/// Absolute, below the root, and without a component that means another place.
bool is_data_path(std::string_view path)
{
    if (path.size() < 2 || path.size() > kDataPathLengthMax || path.front() != '/' || !is_text(path))
        return false;
    return (std::string{path} + "/").find("/../") == std::string::npos && path.find(':') == std::string_view::npos &&
           path.find_first_not_of('/') != std::string_view::npos;
}

} // namespace

std::string container_name(uint32_t number)
{
    return fmt::format("paygress-{}", number);
}

std::string volume_name(uint32_t number)
{
    return fmt::format("paygress-{}-data", number);
}

std::string bridge_name(uint32_t number)
{
    return fmt::format("berth-{}", number);
}

Result<void> check_name(const WorkloadName& name)
{
    if (name.lease.empty() || !is_text(name.lease))
        return fail(Errc::bad_input, "a workload needs the id of its lease");
    if (name.number > kNumberMax)
        return fail(Errc::bad_input, "workload number {}, limit {}", name.number, kNumberMax);
    return {};
}

Result<void> check_workload(const WorkloadSpec& spec)
{
    TRY(check_name({spec.number, spec.lease}));
    if (spec.cpu_millicores == 0 || spec.memory_mb < kMemoryMbMin || spec.memory_mb > kMemoryMbMax)
        return fail(Errc::bad_input, "{} millicores and {} MB are not a workload", spec.cpu_millicores, spec.memory_mb);
    if (spec.pids_max == 0 || spec.nofile_max == 0) // zero means no limit to the Engine
        return fail(Errc::bad_input, "a workload needs a limit on processes and on files");
    for (const auto& [name, value] : spec.environment) {
        if (name.empty() || name.find('=') != std::string::npos || !is_text(name) || !is_text(value))
            return fail(Errc::bad_input, "malformed environment variable");
    }
    if (!std::all_of(spec.command.begin(), spec.command.end(), is_text))
        return fail(Errc::bad_input, "malformed command");
    for (const PortMapping& port : spec.ports) {
        if (port.container_port == 0 || (port.protocol != "tcp" && port.protocol != "udp"))
            return fail(Errc::bad_input, "malformed port {}/{}", port.container_port, port.protocol);
    }
    if (!spec.data_path.empty() && !is_data_path(spec.data_path))
        return fail(Errc::bad_input, "malformed data path");
    return {};
}

Labels make_labels(const WorkloadName& name, const DockerOptions& options)
{
    return {{std::string{kLeaseLabel}, name.lease},
            {std::string{kProviderLabel}, options.provider_label},
            {std::string{kNumberLabel}, std::to_string(name.number)}};
}

ContainerSettings make_container_settings(const WorkloadSpec& spec, const DockerOptions& options, std::string network)
{
    ContainerSettings settings;
    settings.name = container_name(spec.number);
    settings.image = spec.image;
    settings.command = spec.command;
    settings.keep_stdin_open = spec.keep_alive;
    settings.environment = spec.environment;
    settings.labels = make_labels({spec.number, spec.lease}, options);
    settings.network = std::move(network);
    settings.runtime = options.runtime;
    settings.resolvers = options.resolvers;
    for (const PortMapping& port : spec.ports)
        settings.ports.push_back({.container_port = port.container_port,
                                  .host_port = port.host_port,
                                  .protocol = port.protocol,
                                  .host_address = spec.publish_address});
    if (!spec.data_path.empty())
        settings.mounts.push_back({.volume = volume_name(spec.number), .target = spec.data_path});
    settings.cpu_millicores = spec.cpu_millicores;
    settings.memory_bytes = spec.memory_mb << 20;
    settings.disk_gb_max = options.limit_disk ? spec.disk_gb : 0;
    settings.pids_max = spec.pids_max;
    settings.nofile_max = spec.nofile_max;
    return settings;
}

bool belongs_to_lease(const Labels& labels, const std::string& lease)
{
    const auto found = labels.find(std::string{kLeaseLabel});
    return found != labels.end() && found->second == lease;
}

} // namespace berth::compute
