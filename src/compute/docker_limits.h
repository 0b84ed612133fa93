#pragma once
// What this Engine can hold a lease to, found out by doing it, and what a lease's container takes on the disk.

#include "compute/docker_backend.h"
#include "compute/docker_client.h"

namespace berth::compute {

/// Starts a container with each limit on open files, from an empty image with the Engine's own init as its program, and
/// makes one with a sized root file system. They are labelled as a lease's, so that a sweep takes what a crash left.
[[nodiscard]] Result<EngineLimits> try_limits(DockerClient& client, const DockerOptions& options,
                                              const std::set<uint32_t>& nofile);

/// By counting the files where the Engine's directories can be read from here, else as the Engine counts them.
[[nodiscard]] Result<DiskUse> measure_disk(DockerClient& client, const std::string& container_id,
                                           const DiskLimit& limit);

} // namespace berth::compute
