#pragma once
// The Backend over the Docker Engine API (1.41 and later) on its socket. Thread-safe: each call uses its own connection.

#include "compute/backend.h"

namespace berth::compute {

struct DockerOptions {
    std::string socket = "/var/run/docker.sock";
    std::string provider_label;     ///< value of the label that tells this provider's objects from another's
    std::string runtime;            ///< empty: the Engine's default
    bool own_network = true;        ///< a network of its own for each lease
    std::string subnet_pool = "10.213.0.0/16"; ///< leases' networks are cut from it, a /28 each
    uint64_t image_bytes_max = 10ull << 30;
};

[[nodiscard]] std::unique_ptr<Backend> make_docker_backend(DockerOptions options);

/// A reference as the registry understands it: [host[:port]/]name[:tag][@digest], ≤ 255 characters, with `:latest`
/// added when neither tag nor digest is given. bad_input for everything else.
[[nodiscard]] Result<std::string> parse_image_reference(std::string_view text);

} // namespace berth::compute
