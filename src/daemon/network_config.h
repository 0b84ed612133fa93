#pragma once
// [network] of the configuration file.

#include "compute/contained_backend.h"
#include "daemon/toml_reader.h"

namespace berth::daemon {

/// Fills in `network`, and the resolvers of `docker`, whose address pool must have been read before.
void read_network(const toml::table& table, compute::NetworkOptions& network, compute::DockerOptions& docker,
                  Problems& problems);

} // namespace berth::daemon
