#pragma once
// A lease's objects at the Engine: their names and labels, and the settings a workload comes to. Pure.

#include "compute/docker_backend.h"
#include "compute/docker_types.h"

namespace berth::compute {

inline constexpr std::string_view kLeaseLabel = "berth.lease";
inline constexpr std::string_view kProviderLabel = "berth.provider";
inline constexpr std::string_view kNumberLabel = "berth.number";

/// Name of the container and of the network: `paygress-<number>`.
[[nodiscard]] std::string container_name(uint32_t number);
[[nodiscard]] std::string volume_name(uint32_t number);
/// Of the host's interface, for firewall rules by prefix.
[[nodiscard]] std::string bridge_name(uint32_t number);

/// bad_input for what the Engine would refuse late, or understand differently from us.
[[nodiscard]] Result<void> check_name(const WorkloadName& name);
[[nodiscard]] Result<void> check_workload(const WorkloadSpec& spec);

[[nodiscard]] Labels make_labels(const WorkloadName& name, const DockerOptions& options);
/// `spec` has passed check_workload. `network` is an id, or "bridge".
[[nodiscard]] ContainerSettings make_container_settings(const WorkloadSpec& spec, const DockerOptions& options,
                                                        std::string network);
[[nodiscard]] bool belongs_to_lease(const Labels& labels, const std::string& lease);

} // namespace berth::compute
