#pragma once
// The Docker backend behind our own firewall: nothing starts unless leases are seen to be contained. Fails closed.

#include "compute/docker_backend.h"
#include "compute/firewall.h"

#include <optional>

namespace berth::compute {

struct NetworkOptions {
    bool isolate = true;
    std::vector<Ipv4Range> allow{};
};

/// The Backend that a provider uses.
class ContainedBackend : public Backend {
public:
    /// At the end of a process: takes the firewall away if the Engine holds nothing of ours that it contains.
    /// unavailable when the Engine does not say; then it stays.
    [[nodiscard]] virtual Result<void> release() = 0;
};

[[nodiscard]] std::unique_ptr<ContainedBackend> make_contained_backend(DockerOptions docker, NetworkOptions network);

/// Puts the rules into a table of its own, and takes it away again: whether this host can do it.
[[nodiscard]] Isolation probe_isolation(const DockerOptions& docker, const NetworkOptions& network);

} // namespace berth::compute
