#pragma once
// The demonstration: a relay, a mint, a provider and a consumer on one machine; a real container is rented, reached
// and ended, step by step in front of whoever started it. Needs a Docker Engine and nothing from an image registry.

#include "util/result.h"

#include <string>

namespace berth::cli {

struct DemoOptions {
    std::string docker_socket = "/var/run/docker.sock";
    std::string busybox = "/bin/busybox"; ///< a static busybox, from which the image is made
    bool keep_files = false;              ///< leaves the temporary directory for a look
};

/// Plays it to the end; leaves nothing running whatever happens.
[[nodiscard]] Result<void> play_demo(const DemoOptions& options);

} // namespace berth::cli
