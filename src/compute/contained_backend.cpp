#include "compute/contained_backend.h"

#include "compute/docker_client.h"
#include "compute/host_network.h"
#include "compute/network_probe.h"
#include "util/log.h"

#include <unistd.h>

namespace berth::compute {

namespace {

/// Of the provider's label: in the name of its table.
constexpr size_t kSuffixLength = 8;

Result<FirewallRules> make_rules(const DockerOptions& docker, const NetworkOptions& network)
{
    const Ipv4Range pool = TRY(Ipv4Range::parse(docker.subnet_pool));
    FirewallRules rules{.table = "berth_" + docker.provider_label.substr(0, kSuffixLength),
                        .pool = pool,
                        .resolvers = {},
                        .allow = network.allow};
    for (const std::string& resolver : docker.resolvers)
        if (const auto address = parse_ipv4(resolver))
            rules.resolvers.push_back(*address);
    // Read each time: a host that moves to another network gets other resolvers.
    if (rules.resolvers.empty())
        rules.resolvers = read_resolvers();
    return rules;
}

Isolation failed(std::string why)
{
    return {.state = Isolation::State::failed, .why_not = std::move(why)};
}

class Contained final : public ContainedBackend {
public:
    Contained(DockerOptions docker, NetworkOptions network)
        : docker_{std::move(docker)}, network_{std::move(network)}, engine_{make_docker_backend(docker_)},
          link_{docker_.socket}
    {
    }

    Result<EngineInfo> info() override { return engine_->info(); }
    Isolation ensure_isolation() override;
    Result<ImageState> find_image(const std::string& image) override { return engine_->find_image(image); }
    Result<StoredImage> pull_image(const std::string& image, std::chrono::seconds deadline) override
    {
        return engine_->pull_image(image, deadline);
    }
    Result<std::vector<StoredImage>> list_images() override { return engine_->list_images(); }
    Result<void> remove_image(const std::string& image, const std::string& id) override
    {
        return engine_->remove_image(image, id);
    }
    Result<void> prepare_network(const WorkloadName& name) override { return engine_->prepare_network(name); }
    Result<Workload> create(const WorkloadSpec& spec) override;
    Result<Workload> inspect(const std::string& container_id) override { return engine_->inspect(container_id); }
    Result<void> destroy(const std::string& lease) override { return engine_->destroy(lease); }
    Result<std::vector<LabelledObject>> list_labelled() override { return engine_->list_labelled(); }
    Result<std::string> logs(const std::string& container_id, uint32_t lines, size_t bytes_max) override
    {
        return engine_->logs(container_id, lines, bytes_max);
    }
    Result<EngineLimits> try_limits(const std::set<uint32_t>& nofile) override { return engine_->try_limits(nofile); }
    Result<DiskUse> measure_disk(const std::string& container_id, const DiskLimit& limit) override
    {
        return engine_->measure_disk(container_id, limit);
    }
    Result<void> watch(const std::function<bool(const EngineEvent&)>& heard) override { return engine_->watch(heard); }
    Result<void> release() override;

private:
    [[nodiscard]] Result<void> ensure_firewall();
    [[nodiscard]] Result<void> probe_engine();

    const DockerOptions docker_;
    const NetworkOptions network_;
    const std::unique_ptr<Backend> engine_;
    Firewall firewall_;
    EngineLink link_;                  ///< without hanging up: what is not contained is stopped, whatever else ends
    std::atomic<bool> probed_ = false; ///< the Engine's bridges were seen to be of this network namespace
};

Result<void> Contained::ensure_firewall()
{
    const FirewallRules rules = TRY(make_rules(docker_, network_));
    return firewall_.ensure(rules);
}

Result<void> Contained::probe_engine()
{
    if (probed_)
        return {};
    const Ipv4Range pool = TRY(Ipv4Range::parse(docker_.subnet_pool));
    TRY(probe_network_namespace(docker_));
    probed_ = true;
    if (const std::string overlap = find_overlap(pool); !overlap.empty())
        log::warn("{}", overlap);
    return {};
}

Isolation Contained::ensure_isolation()
{
    if (!network_.isolate)
        return {};
    if (!docker_.own_network)
        return failed("leases on a shared network can't be contained: set [docker] own_network, or [network] isolate "
                      "= false to sell without");
    if (const auto done = ensure_firewall(); !done)
        return failed(done.error().message);
    if (const auto done = probe_engine(); !done)
        return failed(done.error().message);
    return {.state = Isolation::State::contained};
}

Result<Workload> Contained::create(const WorkloadSpec& spec)
{
    if (!network_.isolate)
        return engine_->create(spec);
    const Ipv4Range pool = TRY(Ipv4Range::parse(docker_.subnet_pool));
    TRY(ensure_firewall());
    Result<Workload> workload = engine_->create(spec);
    if (!workload || !workload->running)
        return workload;
    const auto contained = find_bridge(workload->ip, pool);
    if (contained)
        return workload;
    // Stopped, not destroyed: a lease that is started again has data.
    probed_ = false;
    DockerClient client{link_};
    TRY(client.stop_container(workload->container_id, std::chrono::seconds{0}));
    return pass_on(contained);
}

Result<void> Contained::release()
{
    if (!network_.isolate)
        return {};
    const std::vector<LabelledObject> left = TRY(engine_->list_labelled());
    if (!left.empty())
        return {};
    const FirewallRules rules = TRY(make_rules(docker_, network_));
    return firewall_.remove(rules.table);
}

} // namespace

std::unique_ptr<ContainedBackend> make_contained_backend(DockerOptions docker, NetworkOptions network)
{
    return std::make_unique<Contained>(std::move(docker), std::move(network));
}

Isolation probe_isolation(const DockerOptions& docker, const NetworkOptions& network)
{
    DockerOptions own = docker;
    own.provider_label = fmt::format("check{}", ::getpid());
    const auto backend = make_contained_backend(own, network);
    Isolation found = backend->ensure_isolation();
    if (const auto gone = backend->release(); !gone && found.state == Isolation::State::contained)
        return failed(gone.error().message);
    return found;
}

} // namespace berth::compute
