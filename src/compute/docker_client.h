#pragma once
// The Docker Engine API (1.41 and later), one typed call each, over the Engine's socket. Knows nothing of leases.
// Failures: unavailable when the Engine can't be reached (nothing happened), outcome_unknown when a change was asked
// for and no answer came; everything else is the Engine's answer (classify_failure). One client belongs to one thread.

#include "compute/backend.h"
#include "compute/docker_stream.h"
#include "compute/docker_types.h"
#include "compute/image_reference.h"
#include "compute/pull_traffic.h"
#include "compute/registry_login.h"
#include "net/http_client.h"

#include <atomic>

namespace berth::compute {

struct PullOptions {
    std::chrono::milliseconds deadline{};
    uint64_t bytes_max = 0;
    const RegistryLogin* login = nullptr; ///< of the image's own registry
    PullTraffic* traffic = nullptr;       ///< the Engine's other pulls
};

/// What all clients of one Engine share.
struct EngineLink {
    std::string socket;
    const std::atomic<bool>* hang_up = nullptr; ///< calls in flight are given up once it is true
    std::atomic<uint32_t> api_minor{0};         ///< 0 until one of them has asked which version to speak
};

class DockerClient {
public:
    explicit DockerClient(EngineLink& link) : link_{link} {}

    /// Asks for the Engine's versions and settles on one. refused when there is no common one.
    [[nodiscard]] Result<EngineVersion> negotiate();
    [[nodiscard]] Result<EngineInfo> fetch_info();

    [[nodiscard]] Result<ImageDetails> inspect_image(const ImageReference& image);
    /// Hangs up, which makes the Engine drop what it has, at the deadline or when another pull needs the place
    /// (unavailable), and once the layers are larger than the limit (bad_input). not_found, refused (the registry wants
    /// another login) and corrupt (a layer is not what its digest says) are the registry's doing.
    [[nodiscard]] Result<void> pull_image(const ImageReference& image, const PullOptions& options);
    /// The digest that the image's registry has for its tag now. As pull_image; downloads nothing.
    [[nodiscard]] Result<std::string> fetch_digest(const ImageReference& image, const RegistryLogin* login);
    /// All images that have a name.
    [[nodiscard]] Result<std::vector<StoredImage>> list_images();
    /// Makes an image of one layer out of a root file system; `changes` are Dockerfile lines such as `CMD ["/app"]`.
    [[nodiscard]] Result<void> import_image(const ImageReference& image, std::string tar,
                                            const std::vector<std::string>& changes);
    [[nodiscard]] Result<void> remove_image(const ImageReference& image);

    /// conflict: the name exists, or the subnet is somebody's.
    [[nodiscard]] Result<std::string> create_network(const NetworkSettings& settings);
    [[nodiscard]] Result<ListedObject> inspect_network(std::string_view id_or_name);
    [[nodiscard]] Result<void> remove_network(std::string_view id);

    /// The volume as it is: an existing one of that name comes back with its own labels.
    [[nodiscard]] Result<ListedObject> create_volume(const VolumeSettings& settings);
    [[nodiscard]] Result<void> remove_volume(std::string_view name);

    /// The new container's id. conflict: the name exists.
    [[nodiscard]] Result<std::string> create_container(const ContainerSettings& settings);
    /// Success, too, when it runs already.
    [[nodiscard]] Result<void> start_container(std::string_view id);
    /// SIGTERM, and SIGKILL after `grace`. Success, too, when it does not run.
    [[nodiscard]] Result<void> stop_container(std::string_view id, std::chrono::seconds grace);
    [[nodiscard]] Result<ContainerDetails> inspect_container(std::string_view id_or_name);
    [[nodiscard]] Result<ContainerDisk> inspect_disk(std::string_view id);
    /// What it wrote to its root file system, counted by the Engine.
    [[nodiscard]] Result<uint64_t> fetch_layer_bytes(std::string_view id);
    /// Kills it if it runs; its anonymous volumes go with it.
    [[nodiscard]] Result<void> remove_container(std::string_view id);
    /// Follows the ends of containers with this label from the given Unix second on. `on_change` is told the value of
    /// `told_label`; `go_on` is asked about once a second, and false ends it well. unavailable when the Engine hangs
    /// up.
    [[nodiscard]] Result<void> follow_ends(std::string_view label, std::string_view value, std::string told_label,
                                           int64_t since, const std::function<void(const std::string&)>& on_change,
                                           const std::function<bool()>& go_on);
    [[nodiscard]] Result<std::string> fetch_logs(std::string_view id, uint32_t lines, size_t bytes_max);

    /// Stopped containers, too.
    [[nodiscard]] Result<std::vector<ListedObject>> list_containers(std::string_view label, std::string_view value);
    [[nodiscard]] Result<std::vector<ListedObject>> list_networks(std::string_view label, std::string_view value);
    [[nodiscard]] Result<std::vector<ListedObject>> list_volumes(std::string_view label, std::string_view value);

private:
    [[nodiscard]] Result<net::HttpRequest> make_request(const char* method, std::string_view path);
    [[nodiscard]] Result<std::string> get(std::string_view path);
    [[nodiscard]] Result<std::string> post(std::string_view path, std::string body);
    [[nodiscard]] Result<void> remove(std::string_view path);
    [[nodiscard]] Result<std::string> exchange(const net::HttpRequest& request);
    [[nodiscard]] Unexpected refusal(const net::HttpResponse& response);

    EngineLink& link_;
    net::HttpClient http_;
};

} // namespace berth::compute
