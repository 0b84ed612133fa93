#include "sim/fake_engine.h"

#include "compute/lease_objects.h"

#include <algorithm>

namespace berth::sim {

using namespace std::chrono_literals;
using namespace provider;

namespace {

constexpr unsigned kCrashesPercent = 10;
constexpr unsigned kSignLostPercent = 25;

compute::Workload workload_of(const ContainerLife& life)
{
    return {.container_id = life.id,
            .network_id = "net-" + life.lease,
            .ip = "10.0.0.2",
            .running = life.is_running,
            .exit_code = life.exit_code,
            .out_of_memory = life.out_of_memory,
            .status = life.is_running ? "running" : "exited"};
}

} // namespace

ContainerLife* FakeEngine::find_running(const std::string& lease)
{
    for (ContainerLife& life : history_)
        if (life.lease == lease && life.removed == UnixTime::max())
            return &life;
    return nullptr;
}

std::vector<ContainerLife> FakeEngine::running() const
{
    std::vector<ContainerLife> found;
    for (const ContainerLife& life : history_)
        if (life.removed == UnixTime::max())
            found.push_back(life);
    return found;
}

void FakeEngine::submit(Job job)
{
    process_.survive_effect();
    if (faults_.strike(2))
        go_down(dice_.between(1'000, 40'000));
    const bool is_pull = std::holds_alternative<PullImageJob>(job);
    const auto takes = is_pull ? dice_.between(200, 20'000) : dice_.between(5, 400);
    clock_.after(takes, [this, job = std::move(job), life = process_.life()] {
        // A request that the Engine has is carried out, whoever has died meanwhile.
        if (life == process_.life() || dice_.chance(50))
            finish(job, life);
    });
}

void FakeEngine::finish(const Job& job, uint64_t life)
{
    const bool looks_after = std::holds_alternative<InspectJob>(job) || std::holds_alternative<ResumeJob>(job);
    if (life != process_.life() && looks_after)
        return;
    // What looks after a lease waits for the Engine, and is not lost: how often it is asked again is not the matter
    // here.
    if (is_down_ && looks_after)
        return clock_.after(500ms, [this, job, life] { finish(job, life); });
    if (is_down_)
        return process_.post(life, lose(job, Error{Errc::unavailable, "no Engine"}));
    JobResult result = execute(job);
    if (!looks_after && faults_.strike(4))
        result = lose(job, Error{Errc::outcome_unknown, "the answer was lost"});
    process_.post(life, std::move(result));
}

void FakeEngine::lose_power(std::chrono::milliseconds down_for)
{
    ++power_cuts_;
    for (ContainerLife& life : history_) {
        if (life.removed != UnixTime::max())
            continue;
        stop(life);
        life.power_lost = clock_.now();
    }
    for (auto& [lease, volume] : volumes_)
        volume.is_open = false;
    go_down(down_for);
}

void FakeEngine::go_down(std::chrono::milliseconds down_for)
{
    sign({.kind = EngineSign::Kind::lost});
    is_down_ = true;
    clock_.after(down_for, [this] { heal(); });
}

void FakeEngine::heal()
{
    is_down_ = false;
    sign({.kind = EngineSign::Kind::connected});
}

void FakeEngine::sign(EngineSign sign)
{
    if (is_down_ || dice_.chance(kSignLostPercent))
        return;
    clock_.after(dice_.between(1, 300),
                 [this, life = process_.life(), sign = std::move(sign)] { process_.post(life, JobResult{sign}); });
}

void FakeEngine::start(ContainerLife& life)
{
    if (life.is_running)
        return;
    life.is_running = true;
    life.changed = clock_.now();
    plan_exit(life);
}

ContainerLife* FakeEngine::find_container(const std::string& id)
{
    const auto found =
        std::find_if(history_.begin(), history_.end(), [&](const ContainerLife& life) { return life.id == id; });
    return found == history_.end() ? nullptr : &*found;
}

void FakeEngine::plan_exit(const ContainerLife& life)
{
    if (!life.runs_for)
        return;
    clock_.after(*life.runs_for, [this, id = life.id, since = life.changed] {
        ContainerLife* found = find_container(id);
        if (found && found->is_running && found->changed == since && found->removed == UnixTime::max())
            exit(*found);
    });
}

void FakeEngine::exit(ContainerLife& life)
{
    stop(life);
    ++life.exits;
    life.exit_code = dice_.chance(30) ? 0 : 137;
    life.out_of_memory = life.exit_code != 0 && dice_.chance(50);
    sign({.kind = EngineSign::Kind::changed, .lease = life.lease});
}

void FakeEngine::exit_one()
{
    std::vector<std::string> candidates;
    for (const ContainerLife& life : running())
        if (life.is_running)
            candidates.push_back(life.id);
    if (!candidates.empty())
        exit(*find_container(candidates[dice_.below(candidates.size())]));
}

void FakeEngine::remove_one(const std::vector<std::string>& leases)
{
    if (leases.empty())
        return;
    ContainerLife* life = find_running(leases[dice_.below(leases.size())]);
    if (!life)
        return;
    stop(*life);
    life->removed = clock_.now();
    life->vanished = true;
    sign({.kind = EngineSign::Kind::changed, .lease = life->lease});
}

void FakeEngine::stop(ContainerLife& life)
{
    if (!life.is_running)
        return;
    life.is_running = false;
    life.served += clock_.now() - life.changed;
    life.changed = clock_.now();
}

bool FakeEngine::is_open(const std::string& lease) const
{
    const auto volume = volumes_.find(lease);
    return volume != volumes_.end() && volume->second.is_open;
}

Result<void> FakeEngine::open_volume(const compute::WorkloadSpec& spec, const luks::VolumeKey* key, Absent absent)
{
    if (!spec.encrypted)
        return {};
    const auto found = volumes_.find(spec.lease);
    if (key == nullptr)
        return is_open(spec.lease) ? Result<void>{} : Result<void>{fail(Errc::refused, "no key is at hand")};
    const Bytes bytes{key->expose().begin(), key->expose().end()};
    if (found == volumes_.end() && absent == Absent::not_found)
        return fail(Errc::not_found, "there is no such volume");
    if (found == volumes_.end()) {
        keys_found_again_ += keyless_.erase(spec.lease) != 0 ? 1 : 0;
        volumes_.emplace(spec.lease, FakeVolume{bytes, true});
        return {};
    }
    if (found->second.key != bytes)
        return fail(Errc::refused, "this is not the volume's key");
    found->second.is_open = true;
    return {};
}

JobResult FakeEngine::create(const CreateJob& job)
{
    if (const auto opened = open_volume(job.spec, job.key.get(), Absent::make); !opened) {
        const bool key_needed = !job.key && !is_open(job.spec.lease);
        if (key_needed)
            keyless_.insert(job.spec.lease);
        return WorkloadCreated{job.spec.lease, pass_on(opened), key_needed};
    }
    return WorkloadCreated{job.spec.lease, create(job.spec)};
}

JobResult FakeEngine::resume(const ResumeJob& job)
{
    ContainerLife* life = find_running(job.spec.lease);
    if (!job.container_id.empty() && (!life || life->id != job.container_id))
        return WorkloadResumed{job.spec.lease, fail(Errc::not_found, "no such container"), true};
    auto outcome = start_again(job);
    const bool is_closed = !outcome && job.spec.encrypted && !is_open(job.spec.lease);
    if (is_closed && life && !life->is_running)
        life->noticed = clock_.now();
    return WorkloadResumed{job.spec.lease, std::move(outcome), false, is_closed};
}

Result<compute::Workload> FakeEngine::start_again(const ResumeJob& job)
{
    TRY(open_volume(job.spec, job.key.get(), Absent::not_found));
    return create(job.spec);
}

JobResult FakeEngine::inspect(const InspectJob& job)
{
    ContainerLife* life = find_running(job.lease);
    if (!life || life->id != job.container_id)
        return lose(job, Error{Errc::not_found, "no such container"});
    const bool is_locked = job.encrypted && !is_open(job.lease);
    if (is_locked && !life->is_running)
        life->noticed = clock_.now();
    return WorkloadInspected{job.lease, workload_of(*life), is_locked};
}

JobResult FakeEngine::lose(const Job& job, const Error& error) const
{
    const Unexpected failure{error};
    if (const auto* find = std::get_if<FindImageJob>(&job))
        return ImageFound{find->image, failure};
    if (const auto* pull = std::get_if<PullImageJob>(&job))
        return ImagePulled{pull->image, failure};
    if (const auto* remove = std::get_if<RemoveImageJob>(&job))
        return ImageRemoved{remove->image, failure};
    if (const auto* prepare = std::get_if<PrepareNetworkJob>(&job))
        return NetworkPrepared{prepare->name.lease, failure};
    if (const auto* make = std::get_if<CreateJob>(&job))
        return WorkloadCreated{make->spec.lease, failure};
    if (const auto* again = std::get_if<ResumeJob>(&job))
        return WorkloadResumed{again->spec.lease, failure};
    if (const auto* read = std::get_if<ReadLogsJob>(&job))
        return LogsRead{read->ticket, read->lease, failure};
    if (const auto* inspect = std::get_if<InspectJob>(&job))
        return WorkloadInspected{inspect->lease, failure};
    if (const auto* remove = std::get_if<DestroyJob>(&job))
        return WorkloadDestroyed{remove->lease, failure};
    if (std::holds_alternative<SurveyJob>(job))
        return Surveyed{failure, failure};
    if (std::holds_alternative<CheckHostJob>(job))
        return HostChecked{.volumes = {.encrypted = true, .sized = true}};
    if (std::holds_alternative<TryLimitsJob>(job))
        return LimitsTried{failure};
    if (std::holds_alternative<MeasureDiskJob>(job))
        return DiskMeasured{};
    if (std::holds_alternative<ReadLeaseFilesJob>(job))
        return LeaseFilesRead{failure};
    if (std::holds_alternative<WriteLeaseFileJob>(job) || std::holds_alternative<SettleLeaseFilesJob>(job))
        return LeaseFilesWritten{failure};
    return NodeStatusRead{failure};
}

Result<compute::Workload> FakeEngine::create(const compute::WorkloadSpec& spec)
{
    if (ContainerLife* known = find_running(spec.lease)) {
        start(*known);
        return workload_of(*known);
    }
    if (faults_.strike(6)) {
        networks_.erase(spec.lease);
        return fail(Errc::bad_input, "the container could not be started");
    }
    ContainerLife life{.lease = spec.lease,
                       .number = spec.number,
                       .id = fmt::format("container{}", history_.size()),
                       .started = clock_.now(),
                       .encrypted = spec.encrypted,
                       .changed = clock_.now()};
    if (dice_.chance(kCrashesPercent))
        life.runs_for = dice_.between(0, 3'000);
    for (const compute::PortMapping& port : spec.ports)
        life.ports.insert(port.host_port);
    for (const ContainerLife& other : running()) {
        const bool clashes = std::any_of(life.ports.begin(), life.ports.end(),
                                         [&](uint16_t port) { return other.ports.contains(port); });
        if (other.number == spec.number || clashes)
            return fail(Errc::conflict, "the name or a port is another's");
    }
    TRY(ensure_network({spec.number, spec.lease}));
    plan_exit(life);
    history_.push_back(std::move(life));
    return workload_of(history_.back());
}

Result<void> FakeEngine::ensure_network(const compute::WorkloadName& name)
{
    for (const auto& [lease, number] : networks_)
        if (number == name.number && lease != name.lease)
            return fail(Errc::conflict, "the network's name is another's");
    networks_.emplace(name.lease, name.number);
    return {};
}

Result<void> FakeEngine::destroy(const std::string& lease)
{
    if (faults_.strike(4))
        return fail(Errc::unavailable, "removal is in progress");
    if (ContainerLife* known = find_running(lease)) {
        stop(*known);
        known->removed = clock_.now();
    }
    for (ContainerLife& life : history_)
        if (life.lease == lease)
            life.cleared = std::min(life.cleared, clock_.now());
    volumes_.erase(lease);
    networks_.erase(lease);
    return {};
}

JobResult FakeEngine::execute(const Job& job)
{
    if (const auto* find = std::get_if<FindImageJob>(&job))
        return ImageFound{find->image,
                          images_.contains(find->image) ? compute::ImageState::present : compute::ImageState::absent};
    if (const auto* pull = std::get_if<PullImageJob>(&job)) {
        if (faults_.strike(5))
            return lose(job, Error{Errc::not_found, "no such image"});
        images_.insert(pull->image);
        return ImagePulled{pull->image, compute::StoredImage{.id = "id of " + pull->image, .size_bytes = 3 << 20}};
    }
    if (const auto* remove = std::get_if<RemoveImageJob>(&job)) {
        images_.erase(remove->image);
        return ImageRemoved{remove->image, {}};
    }
    if (const auto* prepare = std::get_if<PrepareNetworkJob>(&job)) {
        if (faults_.strike(5))
            return lose(job, Error{Errc::bad_input, "no network for it"});
        return NetworkPrepared{prepare->name.lease, ensure_network(prepare->name)};
    }
    if (const auto* make = std::get_if<CreateJob>(&job))
        return create(*make);
    if (const auto* again = std::get_if<ResumeJob>(&job))
        return resume(*again);
    if (const auto* remove = std::get_if<DestroyJob>(&job))
        return WorkloadDestroyed{remove->lease, destroy(remove->lease)};
    if (const auto* look = std::get_if<InspectJob>(&job))
        return inspect(*look);
    if (const auto* read = std::get_if<ReadLogsJob>(&job))
        return LogsRead{read->ticket, read->lease, std::string{"the last words"}};
    if (std::holds_alternative<SurveyJob>(job)) {
        std::vector<compute::LabelledObject> objects;
        for (const auto& [lease, number] : networks_)
            objects.push_back({"network", "net-" + lease, compute::container_name(number), lease});
        for (const ContainerLife& life : running())
            objects.push_back({"container", life.id, "", life.lease, life.is_running ? "running" : "exited"});
        for (const auto& [lease, volume] : volumes_)
            objects.push_back({"volume image", lease, lease, lease});
        return Surveyed{compute::EngineInfo{.cpus = 16, .memory_bytes = 64ULL << 30}, std::move(objects)};
    }
    if (std::holds_alternative<CheckHostJob>(job))
        return HostChecked{.volumes = {.encrypted = true, .sized = true}};
    if (std::holds_alternative<TryLimitsJob>(job))
        return LimitsTried{compute::EngineLimits{}};
    if (const auto* measure = std::get_if<MeasureDiskJob>(&job)) {
        DiskMeasured measured;
        for (const MeasureDiskJob::Item& item : measure->items)
            measured.items.push_back({item.lease, compute::DiskUse{.bytes = 1000}});
        return measured;
    }
    // Its database is never lost here, so nobody asks what the files say.
    if (std::holds_alternative<ReadLeaseFilesJob>(job))
        return LeaseFilesRead{std::vector<LeaseFileText>{}};
    if (std::holds_alternative<WriteLeaseFileJob>(job) || std::holds_alternative<SettleLeaseFilesJob>(job))
        return LeaseFilesWritten{};
    return NodeStatusRead{compute::NodeStatus{.disk_total = 1ULL << 40}};
}

} // namespace berth::sim
