#pragma once
// Whether the Engine's networks are where our firewall is: in berth's own network namespace. Found out by doing.

#include "compute/docker_backend.h"
#include "compute/ipv4.h"

namespace berth::compute {

/// Makes a network as leases have it, looks for its bridge here, and takes it away again. Podman makes a bridge only
/// for a container, so there one is started, too. unavailable, with what to do, when the bridge is not here.
[[nodiscard]] Result<void> probe_network_namespace(const DockerOptions& docker);

/// Whether the bridge of an address of the pool is here; unavailable with the same words when it isn't.
[[nodiscard]] Result<void> find_bridge(const std::string& address, const Ipv4Range& pool);

} // namespace berth::compute
