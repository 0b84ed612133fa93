#pragma once
// The Backend over the Docker Engine API (1.41 and later) on its socket. Thread-safe: each call has its own connection.

#include "compute/backend.h"
#include "compute/image_reference.h"
#include "compute/registry_login.h"

#include <atomic>

namespace berth::compute {

struct DockerOptions {
    std::string socket = "/var/run/docker.sock";
    const std::atomic<bool>* hang_up = nullptr; ///< calls in flight are given up once it is true
    std::string provider_label{};              ///< value of the label that tells this provider's objects from another's
    std::string runtime{};                     ///< empty: the Engine's default
    std::vector<std::string> resolvers{};      ///< of containers; empty: what the Engine gives them
    bool own_network = true;                   ///< a network of its own for each lease
    std::string subnet_pool = "10.213.0.0/16"; ///< leases' networks are cut from it, a /28 each
    uint64_t image_bytes_max = 10ull << 30;    ///< of what is pulled, in transit and unpacked
    std::vector<RegistryLogin> registries{};
    bool limit_disk = false; ///< give the root file system `disk_gb` (overlay2 on XFS with pquota, or btrfs)
};

/// The digest that a registry has for an image's tag now, asked through the Engine with the login for that registry.
[[nodiscard]] Result<std::string> resolve_digest(const DockerOptions& options, const ImageReference& image);

[[nodiscard]] std::unique_ptr<Backend> make_docker_backend(DockerOptions options);

} // namespace berth::compute
