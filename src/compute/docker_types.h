#pragma once
// What is said to and heard from the Docker Engine, as values. docker_request.h writes them, docker_reply.h reads them.

#include "compute/image_config.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace berth::compute {

using Labels = std::map<std::string, std::string>;

struct EngineVersion {
    std::string version;
    std::string api_newest;
    std::string api_oldest;
    bool is_podman = false;
};

struct ImageDetails {
    std::string id;
    uint64_t size_bytes = 0;
    ImageConfig config{};
};

/// A container, network or volume in a list. A volume's id is its name.
struct ListedObject {
    std::string id;
    std::string name;
    Labels labels;
    std::string state{}; ///< of a container: running, exited …
};

struct AttachedNetwork {
    std::string name;
    std::string network_id;
    std::string ip; ///< empty while the container does not run
};

struct ContainerDetails {
    std::string id;
    std::string name;
    std::string status;
    bool running = false;
    int exit_code = 0;
    bool out_of_memory = false;
    Labels labels;
    std::vector<AttachedNetwork> networks;
};

struct NetworkSettings {
    std::string name;
    std::string subnet;      ///< address/bits
    std::string bridge_name; ///< of the host's interface, at most 15 characters
    Labels labels;
};

/// Where a container's files lie on the Engine's host.
struct ContainerDisk {
    std::string upper_directory;      ///< of overlay2; empty for another storage driver
    std::vector<std::string> volumes; ///< directories of its volumes
    int32_t process = 0;              ///< its first one, on the Engine's host; 0 while it does not run
};

struct VolumeSettings {
    std::string name;
    std::string device; ///< an ext4 block device, mounted while a container uses it; empty: a directory
    Labels labels;
};

struct PublishedPort {
    uint16_t container_port = 0;
    uint16_t host_port = 0;
    std::string protocol;
    std::string host_address;
};

struct MountedVolume {
    std::string volume;
    std::string target;
};

struct ContainerSettings {
    std::string name;
    std::string image;
    std::vector<std::string> command; ///< empty: the image's
    bool keep_stdin_open = false;     ///< a shell then waits for commands that never come
    std::map<std::string, std::string> environment;
    Labels labels;
    std::string network;
    std::string runtime;                  ///< empty: the Engine's default
    std::vector<std::string> resolvers{}; ///< addresses; empty: what the Engine gives
    std::vector<PublishedPort> ports;
    std::vector<MountedVolume> mounts;
    uint32_t cpu_millicores = 0;
    uint64_t memory_bytes = 0;
    uint64_t disk_gb_max = 0; ///< of the root file system; 0: not limited
    uint32_t pids_max = 0;
    uint32_t nofile_max = 0;
};

} // namespace berth::compute
