#include "compute/docker_backend.h"

#include "compute/docker_client.h"
#include "compute/docker_limits.h"
#include "compute/lease_objects.h"
#include "compute/subnet_pool.h"

namespace berth::compute {

namespace {

constexpr uint32_t kSubnetAttemptsMax = 64;

/// Success when the thing is gone, whoever took it.
Result<void> gone(Result<void> removed)
{
    if (!removed && removed.error().code == Errc::not_found)
        return {};
    return removed;
}

class DockerBackend final : public Backend {
public:
    explicit DockerBackend(DockerOptions options)
        : options_{std::move(options)}, link_{options_.socket, options_.hang_up}
    {
    }

    Result<EngineInfo> info() override;
    Result<ImageState> find_image(const std::string& image) override;
    Result<StoredImage> pull_image(const std::string& image, std::chrono::seconds deadline) override;
    Result<std::vector<StoredImage>> list_images() override;
    Result<void> remove_image(const std::string& image, const std::string& id) override;
    Result<void> prepare_network(const WorkloadName& name) override;
    Result<Workload> create(const WorkloadSpec& spec) override;
    Result<Workload> inspect(const std::string& container_id) override;
    Result<void> destroy(const std::string& lease) override;
    Result<std::vector<LabelledObject>> list_labelled() override;
    Result<EngineLimits> try_limits(const std::set<uint32_t>& nofile) override;
    Result<DiskUse> measure_disk(const std::string& container_id, const DiskLimit& limit) override;
    Result<std::string> logs(const std::string& container_id, uint32_t lines, size_t bytes_max) override;
    Result<void> watch(const std::function<bool(const EngineEvent&)>& heard) override;

private:
    /// The id of the lease's network, if there is one already, or the name of the shared one. conflict: the name is
    /// another's.
    Result<std::optional<std::string>> find_network(DockerClient& client, const WorkloadName& name);
    Result<std::string> make_network(DockerClient& client, const WorkloadName& name);
    Result<void> ensure_volume(DockerClient& client, const WorkloadSpec& spec);
    /// The container that an earlier call made for this lease. conflict: the name is another's.
    Result<std::optional<ContainerDetails>> find_own_container(DockerClient& client, const WorkloadSpec& spec);
    /// What a pull brought, if it is within the limits.
    Result<StoredImage> judge_pulled(DockerClient& client, const ImageReference& reference);
    Result<Workload> create_all(DockerClient& client, const WorkloadSpec& spec);
    Result<Workload> inspect_with(DockerClient& client, const std::string& container_id);
    Result<void> destroy_with(DockerClient& client, const std::string& lease);
    Result<std::vector<LabelledObject>> list_with(DockerClient& client, std::string_view label, std::string_view value);
    /// Takes back what a failed call made, and tells in the error if that could not be done.
    Unexpected undo(DockerClient& client, const std::string& lease, Error error);

    const DockerOptions options_;
    EngineLink link_;
    PullTraffic pulls_;
    std::atomic<bool> sizes_root_ = false; ///< found out by try_limits
};

Result<EngineInfo> DockerBackend::info()
{
    DockerClient client{link_};
    TRY(client.negotiate()); // the Engine may have been exchanged since
    EngineInfo info = TRY(client.fetch_info());
    if (!options_.runtime.empty())
        info.runtime = options_.runtime;
    return info;
}

Result<ImageState> DockerBackend::find_image(const std::string& image)
{
    const ImageReference reference = TRY(split_image_reference(image));
    DockerClient client{link_};
    const Result<ImageDetails> details = client.inspect_image(reference);
    if (!details && details.error().code == Errc::not_found)
        return ImageState::absent;
    if (!details)
        return pass_on(details);
    TRY(check_image_config(details->config));
    return ImageState::present;
}

Result<StoredImage> DockerBackend::pull_image(const std::string& image, std::chrono::seconds deadline)
{
    const ImageReference reference = TRY(split_image_reference(image));
    DockerClient client{link_};
    TRY(client.pull_image(reference, {.deadline = deadline,
                                      .bytes_max = options_.image_bytes_max,
                                      .login = find_login(options_.registries, reference),
                                      .traffic = &pulls_}));
    Result<StoredImage> pulled = judge_pulled(client, reference);
    if (!pulled && pulled.error().code != Errc::unavailable)
        TRY(gone(client.remove_image(reference)));
    return pulled;
}

Result<StoredImage> DockerBackend::judge_pulled(DockerClient& client, const ImageReference& reference)
{
    // What was announced is compressed, and not every registry announces it: what counts is what lies on the disk now.
    const ImageDetails details = TRY(client.inspect_image(reference));
    if (details.size_bytes > options_.image_bytes_max)
        return fail(Errc::bad_input, "pull of {}: an image of {} bytes, the limit is {}", reference.name,
                    details.size_bytes, options_.image_bytes_max);
    TRY(check_image_config(details.config));
    return StoredImage{.id = details.id, .size_bytes = details.size_bytes};
}

Result<std::vector<StoredImage>> DockerBackend::list_images()
{
    DockerClient client{link_};
    return client.list_images();
}

Result<void> DockerBackend::remove_image(const std::string& image, const std::string& id)
{
    const ImageReference reference = TRY(split_image_reference(image));
    DockerClient client{link_};
    const ImageDetails details = TRY(client.inspect_image(reference));
    if (details.id != id)
        return fail(Errc::not_found, "{} is another image by now", image);
    return client.remove_image(reference);
}

Result<std::optional<std::string>> DockerBackend::find_network(DockerClient& client, const WorkloadName& name)
{
    if (!options_.own_network)
        return std::optional{std::string{"bridge"}};
    Result<ListedObject> existing = client.inspect_network(container_name(name.number));
    if (!existing && existing.error().code == Errc::not_found)
        return std::optional<std::string>{};
    if (!existing)
        return pass_on(existing);
    if (!belongs_to_lease(existing->labels, name.lease))
        return fail(Errc::conflict, "network {} belongs to somebody else", existing->name);
    return std::optional{std::move(existing->id)};
}

Result<std::string> DockerBackend::make_network(DockerClient& client, const WorkloadName& name)
{
    const SubnetPool pool = TRY(SubnetPool::parse(options_.subnet_pool));
    NetworkSettings settings{.name = container_name(name.number),
                             .subnet = {},
                             .bridge_name = bridge_name(name.number),
                             .labels = make_labels(name, options_)};
    const uint32_t attempts = std::min(pool.size(), kSubnetAttemptsMax);
    for (uint32_t attempt = 0; attempt < attempts; ++attempt) {
        settings.subnet = pool.subnet_for(name.number, attempt);
        Result<std::string> created = client.create_network(settings);
        if (created || created.error().code != Errc::conflict)
            return created;
        // The subnet is taken, most likely; or else somebody took the name just now, and it will be all the time.
    }
    return fail(Errc::unavailable, "no free subnet found in {}", options_.subnet_pool);
}

Result<void> DockerBackend::ensure_volume(DockerClient& client, const WorkloadSpec& spec)
{
    if (spec.data_path.empty())
        return {};
    const ListedObject volume = TRY(client.create_volume({.name = volume_name(spec.number),
                                                          .device = spec.data_device,
                                                          .labels = make_labels({spec.number, spec.lease}, options_)}));
    if (!belongs_to_lease(volume.labels, spec.lease))
        return fail(Errc::conflict, "volume {} belongs to somebody else", volume.name);
    return {};
}

Result<std::optional<ContainerDetails>> DockerBackend::find_own_container(DockerClient& client,
                                                                          const WorkloadSpec& spec)
{
    Result<ContainerDetails> existing = client.inspect_container(container_name(spec.number));
    if (!existing && existing.error().code == Errc::not_found) {
        // The operator may have given it another name; a second one would be without what the lease's owner did.
        const std::vector<ListedObject> labelled = TRY(client.list_containers(kLeaseLabel, spec.lease));
        if (labelled.empty())
            return std::optional<ContainerDetails>{};
        existing = client.inspect_container(labelled.front().id);
    }
    if (!existing)
        return pass_on(existing);
    if (!belongs_to_lease(existing->labels, spec.lease))
        return fail(Errc::conflict, "container {} belongs to somebody else", existing->name);
    return std::optional<ContainerDetails>{std::move(*existing)};
}

Result<void> DockerBackend::prepare_network(const WorkloadName& name)
{
    TRY(check_name(name));
    DockerClient client{link_};
    const std::optional<std::string> existing = TRY(find_network(client, name));
    if (existing)
        return {};
    const Result<std::string> network = make_network(client, name);
    if (!network)
        return undo(client, name.lease, network.error());
    return {};
}

Result<Workload> DockerBackend::create(const WorkloadSpec& spec)
{
    TRY(check_workload(spec));
    WorkloadSpec checked = spec;
    checked.image = TRY(parse_image_reference(spec.image));
    DockerClient client{link_};
    const Result<std::optional<ContainerDetails>> existing = find_own_container(client, checked);
    if (!existing && existing.error().code == Errc::conflict)
        return undo(client, spec.lease, existing.error()); // of what was prepared
    if (!existing)
        return pass_on(existing);
    // A lease that has its container may have data, too: whatever fails now must not take that away.
    if (*existing) {
        TRY(client.start_container((*existing)->id));
        return inspect_with(client, (*existing)->id);
    }
    Result<Workload> workload = create_all(client, checked);
    if (!workload)
        return undo(client, spec.lease, workload.error());
    return workload;
}

Result<Workload> DockerBackend::create_all(DockerClient& client, const WorkloadSpec& spec)
{
    const WorkloadName name{spec.number, spec.lease};
    const std::optional<std::string> prepared = TRY(find_network(client, name));
    const std::string network = prepared ? *prepared : TRY(make_network(client, name));
    TRY(ensure_volume(client, spec));
    DockerOptions options = options_;
    options.limit_disk = options.limit_disk || sizes_root_;
    const std::string id = TRY(client.create_container(make_container_settings(spec, options, network)));
    TRY(client.start_container(id));
    return inspect_with(client, id);
}

Unexpected DockerBackend::undo(DockerClient& client, const std::string& lease, Error error)
{
    const Result<void> destroyed = destroy_with(client, lease);
    if (destroyed)
        return Unexpected{std::move(error)};
    return fail(Errc::outcome_unknown, "{}; and what was made of it may still be there: {}", error.message,
                destroyed.error().message);
}

Result<Workload> DockerBackend::inspect_with(DockerClient& client, const std::string& container_id)
{
    if (container_id.empty())
        return fail(Errc::bad_input, "a container is addressed by its id");
    const ContainerDetails container = TRY(client.inspect_container(container_id));
    Workload workload{.container_id = container.id,
                      .network_id = {},
                      .ip = {},
                      .running = container.running,
                      .exit_code = container.exit_code,
                      .out_of_memory = container.out_of_memory,
                      .status = container.status};
    if (!container.networks.empty()) {
        workload.network_id = container.networks.front().network_id;
        workload.ip = container.networks.front().ip;
    }
    return workload;
}

Result<Workload> DockerBackend::inspect(const std::string& container_id)
{
    DockerClient client{link_};
    return inspect_with(client, container_id);
}

Result<void> DockerBackend::destroy(const std::string& lease)
{
    DockerClient client{link_};
    return destroy_with(client, lease);
}

Result<void> DockerBackend::destroy_with(DockerClient& client, const std::string& lease)
{
    if (lease.empty())
        return fail(Errc::bad_input, "a lease has an id");
    const std::vector<LabelledObject> found = TRY(list_with(client, kLeaseLabel, lease));
    if (found.empty())
        return {};
    // In the order of the list: a network and a volume can't go before the container that uses them.
    for (const LabelledObject& object : found) {
        if (object.kind == "container")
            TRY(gone(client.remove_container(object.id)));
        else if (object.kind == "network")
            TRY(gone(client.remove_network(object.id)));
        else
            TRY(gone(client.remove_volume(object.id)));
    }
    const std::vector<LabelledObject> left = TRY(list_with(client, kLeaseLabel, lease));
    if (!left.empty())
        return fail(Errc::conflict, "{} {} is still there", left.front().kind, left.front().name);
    return {};
}

Result<std::vector<LabelledObject>> DockerBackend::list_with(DockerClient& client, std::string_view label,
                                                             std::string_view value)
{
    std::vector<LabelledObject> all;
    const auto add = [&all](const char* kind, const std::vector<ListedObject>& listed) {
        for (const ListedObject& object : listed) {
            const auto lease = object.labels.find(std::string{kLeaseLabel});
            all.push_back({.kind = kind,
                           .id = object.id,
                           .name = object.name,
                           .lease = lease == object.labels.end() ? std::string{} : lease->second,
                           .state = object.state});
        }
    };
    const std::vector<ListedObject> containers = TRY(client.list_containers(label, value));
    add("container", containers);
    const std::vector<ListedObject> networks = TRY(client.list_networks(label, value));
    add("network", networks);
    const std::vector<ListedObject> volumes = TRY(client.list_volumes(label, value));
    add("volume", volumes);
    return all;
}

Result<std::vector<LabelledObject>> DockerBackend::list_labelled()
{
    DockerClient client{link_};
    return list_with(client, kProviderLabel, options_.provider_label);
}

Result<EngineLimits> DockerBackend::try_limits(const std::set<uint32_t>& nofile)
{
    DockerClient client{link_};
    auto limits = compute::try_limits(client, options_, nofile);
    if (limits)
        sizes_root_ = limits->sized_root;
    return limits;
}

Result<DiskUse> DockerBackend::measure_disk(const std::string& container_id, const DiskLimit& limit)
{
    DockerClient client{link_};
    return compute::measure_disk(client, container_id, limit);
}

Result<std::string> DockerBackend::logs(const std::string& container_id, uint32_t lines, size_t bytes_max)
{
    if (container_id.empty())
        return fail(Errc::bad_input, "a container is addressed by its id");
    DockerClient client{link_};
    return client.fetch_logs(container_id, lines, bytes_max);
}

Result<void> DockerBackend::watch(const std::function<bool(const EngineEvent&)>& heard)
{
    DockerClient client{link_};
    // From before the question, so that nothing falls between that answer and the stream.
    const int64_t since = unix_seconds(wall_clock_now()) - 1;
    TRY(client.negotiate());
    if (!heard({.kind = EngineEvent::Kind::connected}))
        return {};
    bool go_on = true;
    return client.follow_ends(
        kProviderLabel, options_.provider_label, std::string{kLeaseLabel}, since,
        [&](const std::string& lease) { go_on = go_on && heard({.kind = EngineEvent::Kind::changed, .lease = lease}); },
        [&] { return go_on && heard({}); });
}

} // namespace

Result<std::string> resolve_digest(const DockerOptions& options, const ImageReference& image)
{
    EngineLink link{options.socket, options.hang_up};
    DockerClient client{link};
    return client.fetch_digest(image, find_login(options.registries, image));
}

std::unique_ptr<Backend> make_docker_backend(DockerOptions options)
{
    return std::make_unique<DockerBackend>(std::move(options));
}

} // namespace berth::compute
