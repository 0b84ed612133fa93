#include "provider/leases.h"

#include "util/hex.h"
#include "util/log.h"

#include <algorithm>

namespace berth::provider {

namespace {

/// Create is tried this often while the Engine is away; then the consumer gets the money back.
constexpr int kCreateAttemptsMax = 5;

} // namespace

Leases::Leases(const Options& options, LeaseStore& store, JobRunner& jobs, crypto::Random& random,
               FailureSink& failures, Handlers handlers)
    : options_{options}, store_{store}, jobs_{jobs}, random_{random}, failures_{failures},
      handlers_{std::move(handlers)}, keeper_{store, jobs, failures, options.lease_max},
      ports_{options.ports, handlers_.is_port_free}, next_fresh_{options.number_first}
{
}

void Leases::load(UnixTime now)
{
    keeper_.load(now);
    for (Lease& lease : failures_.take(store_.load_open())) {
        numbers_.insert(lease.workload.number);
        for (const compute::PortMapping& port : lease.workload.ports)
            ports_.mark_taken(port.host_port);
        // Whatever was in flight is not any more; the step is idempotent and starts again at once.
        lease.next_try = UnixTime{};
        leases_.emplace(lease.id, std::move(lease));
    }
    rested_ = failures_.take(store_.used_numbers_oldest_first());
    used_before_ = numbers_;
    used_before_.insert(rested_.begin(), rested_.end());
}

std::set<std::string> Leases::images() const
{
    std::set<std::string> names;
    for (const auto& [id, lease] : leases_)
        if (const auto name = compute::full_image_name(lease.workload.image))
            names.insert(*name);
    return names;
}

void Leases::add(Lease lease, std::shared_ptr<const luks::VolumeKey> key)
{
    failures_.check(store_.insert(lease));
    if (key)
        keys_.emplace(lease.id, std::move(key));
    sales_.note_sale(lease.created_at);
    if (is_ready(lease.id)) {
        ready_.reset();
    } else {
        busy_.insert(lease.id);
        jobs_.submit(PrepareNetworkJob{{lease.workload.number, lease.id}});
    }
    leases_.emplace(lease.id, std::move(lease));
}

Lease* Leases::find_mutable(const std::string& id)
{
    const auto found = leases_.find(id);
    return found == leases_.end() ? nullptr : &found->second;
}

const Lease* Leases::find(const std::string& id) const
{
    const auto found = leases_.find(id);
    return found == leases_.end() ? nullptr : &found->second;
}

const Lease* Leases::find_number(uint32_t number) const
{
    for (const auto& [id, lease] : leases_)
        if (lease.workload.number == number)
            return &lease;
    return nullptr;
}

std::vector<const Lease*> Leases::live() const
{
    std::vector<const Lease*> found;
    for (const auto& [id, lease] : leases_)
        if (is_live(lease))
            found.push_back(&lease);
    return found;
}

const Lease* Leases::find_owner(const std::string& owner) const
{
    const Lease* newest = nullptr;
    for (const auto& [id, lease] : leases_)
        if (lease.owner == owner && (!newest || lease.created_at > newest->created_at))
            newest = &lease;
    return newest;
}

void Leases::pay(const std::string& id, UnixTime now)
{
    Lease* lease = find_mutable(id);
    VERIFY(lease && lease->state == LeaseState::redeeming);
    lease->state = LeaseState::provisioning;
    lease->next_try = now;
    save(*lease, now);
}

void Leases::refuse(const std::string& id, UnixTime now)
{
    Lease* lease = find_mutable(id);
    VERIFY(lease && lease->state == LeaseState::redeeming);
    end(*lease, "not paid", now);
}

void Leases::extend(const std::string& id, std::chrono::seconds added, UnixTime now)
{
    Lease* lease = find_mutable(id);
    VERIFY(lease && is_live(*lease));
    lease->duration += added;
    lease->expires_at += added;
    // Whoever pays this late was told the new end just now: that is warning enough.
    if (lease->expires_at - now <= options_.expiry_warning)
        lease->warned_for = lease->expires_at;
    if (lease->state == LeaseState::locked && !lease->clock_stopped_at)
        lease->locked_until = std::min(lease->expires_at, now + options_.volumes.locked_max);
    save(*lease, now);
}

void Leases::stop(const std::string& id, const std::string& reason, UnixTime now)
{
    Lease* lease = find_mutable(id);
    VERIFY(lease && is_live(*lease));
    end(*lease, reason, now);
}

void Leases::begin_top_up(const std::string& id)
{
    if (Lease* lease = find_mutable(id))
        ++lease->top_ups_open;
}

void Leases::end_top_up(const std::string& id)
{
    if (Lease* lease = find_mutable(id))
        --lease->top_ups_open;
}

void Leases::lock(Lease& lease, UnixTime now)
{
    const VolumeOptions& policy = options_.volumes;
    const UnixTime patience = now + policy.locked_max;
    lease.state = LeaseState::locked;
    lease.restarts.next_at.reset();
    lease.restarts.is_down = false;
    lease.locked_until = policy.lock_stops_clock ? patience : std::min(patience, lease.expires_at);
    if (policy.lock_stops_clock)
        lease.clock_stopped_at = now;
    save(lease, now);
    log::warn("lease {}: its encrypted volume is closed; it waits for its owner's key", lease.workload.number);
    handlers_.on_locked(lease);
}

void Leases::end(Lease& lease, const std::string& reason, UnixTime now)
{
    keys_.erase(lease.id);
    without_key_.erase(lease.id);
    lease.state = LeaseState::ending;
    lease.end_reason = reason;
    lease.attempts = 0;
    lease.next_try = now;
    save(lease, now);
}

void Leases::handle(const NetworkPrepared& prepared)
{
    busy_.erase(prepared.lease);
    // A failure here is not a lease's end: create makes what is missing, and says why if it can't.
    if (!prepared.outcome && is_ready(prepared.lease)) {
        sales_.give_up();
        drop_ready();
    }
}

void Leases::handle(const WorkloadCreated& created, UnixTime now)
{
    busy_.erase(created.lease);
    Lease* lease = find_mutable(created.lease);
    if (!lease || lease->state != LeaseState::provisioning)
        return;
    if (created.outcome) {
        keys_.erase(lease->id);
        lease->state = LeaseState::running;
        lease->container_id = created.outcome->container_id;
        lease->network_id = created.outcome->network_id;
        lease->container_ip = created.outcome->ip;
        lease->expires_at = now + lease->duration;
        lease->attempts = 0;
        take_start(lease->restarts, now);
        if (!created.outcome->running)
            take_exit(lease->restarts, {created.outcome->exit_code, created.outcome->out_of_memory}, now);
        save(*lease, now);
        handlers_.on_running(*lease);
        return;
    }
    const Error& error = created.outcome.error();
    if (created.key_needed) {
        without_key_.insert(lease->id);
        return handlers_.on_key_needed(*lease);
    }
    if (error.code == Errc::unavailable && ++lease->attempts < kCreateAttemptsMax) {
        lease->next_try = now + retry_delay(lease->attempts);
        save(*lease, now);
        return;
    }
    fail_to_create(*lease, error, now);
}

void Leases::fail_to_create(Lease& lease, const Error& error, UnixTime now)
{
    log::warn("lease {}: {}", lease.workload.number, error.message);
    end(lease, "failed", now);
    handlers_.on_failed(lease, error);
}

void Leases::give_key(const std::string& id, std::shared_ptr<const luks::VolumeKey> key, UnixTime now)
{
    if (without_key_.erase(id) == 0)
        return;
    Lease* lease = find_mutable(id);
    VERIFY(lease && lease->state == LeaseState::provisioning);
    log::info("lease {}: its volume's key came again", lease->workload.number);
    keys_.emplace(id, std::move(key));
    lease->next_try = now;
}

void Leases::give_up_key(const std::string& id, UnixTime now)
{
    if (without_key_.erase(id) == 0)
        return;
    Lease* lease = find_mutable(id);
    VERIFY(lease && lease->state == LeaseState::provisioning);
    fail_to_create(*lease, {Errc::refused, "the volume's key was lost when the provider was restarted"}, now);
}

void Leases::handle(const WorkloadDestroyed& destroyed, UnixTime now)
{
    busy_.erase(destroyed.lease);
    Lease* lease = find_mutable(destroyed.lease);
    if (!lease && destroyed.outcome)
        unblock_number_of(destroyed.lease);
    if (!lease || lease->state != LeaseState::ending)
        return;
    if (!destroyed.outcome) {
        ++lease->attempts;
        lease->next_try = now + retry_delay(lease->attempts);
        log::warn("lease {}: not removed yet: {}", lease->workload.number, destroyed.outcome.error().message);
        save(*lease, now);
        return;
    }
    lease->state = LeaseState::ended;
    save(*lease, now);
    log::info("lease {} ended ({})", lease->workload.number, lease->end_reason);
    give_back(*lease);
    forgiven_.erase(destroyed.lease);
    reporting_.erase(destroyed.lease);
    leases_.erase(destroyed.lease);
}

void Leases::handle(const Surveyed& surveyed, uint64_t storage_gb, UnixTime now)
{
    if (!surveyed.engine) {
        // It is asked every other second: once is enough.
        if (surveyed.engine.error().message != engine_problem_)
            log::warn("the container engine does not answer: {}", surveyed.engine.error().message);
        engine_problem_ = surveyed.engine.error().message;
        return;
    }
    if (!engine_problem_.empty())
        log::info("the container engine answers again");
    engine_problem_.clear();
    total_ = for_sale(options_.capacity, {.cpu_millicores = uint64_t{surveyed.engine->cpus} * 1000,
                                          .memory_mb = surveyed.engine->memory_bytes >> 20,
                                          .storage_gb = storage_gb});
    surveyed_ = true;
    runtime_ = surveyed.engine->runtime;
    const std::vector<std::string>& runtimes = surveyed.engine->runtimes;
    has_runtime_ = runtime_.empty() || std::find(runtimes.begin(), runtimes.end(), runtime_) != runtimes.end();
    judge_closed();
    if (!surveyed.objects)
        return;
    keeper_.see(*surveyed.objects);
    take_rebuilt(now);
    notice_stopped(*surveyed.objects);
    sweep(*surveyed.objects, now);
}

void Leases::handle(const compute::Isolation& isolation)
{
    isolation_ = isolation;
    judge_closed();
}

void Leases::judge_closed()
{
    std::optional<std::string> why;
    if (isolation_ && isolation_->state == compute::Isolation::State::failed)
        why = isolation_->why_not;
    else if (!has_runtime_)
        why = fmt::format("the container engine has no runtime {}: register it there, or change [docker] runtime",
                          runtime_);
    if (why == why_closed_)
        return;
    why_closed_ = std::move(why);
    if (why_closed_)
        log::error("nothing is sold: {}", *why_closed_);
    else
        log::info("open for business again");
}

void Leases::drive(UnixTime now)
{
    keeper_.tick(leases_, now);
    submit_inspections();
    for (auto& [id, lease] : leases_) {
        if (lease.state == LeaseState::redeeming && !lease.reserved_until)
            lease.reserved_until = now + options_.capacity.reservation_max;
        const LeaseStep step = next_step(lease, now);
        if (step == LeaseStep::lapse) {
            log::warn("lease {}: its mint is silent; what it held is for sale again", lease.workload.number);
            end(lease, "not paid in time", now);
        } else if (step == LeaseStep::expire && lease.state == LeaseState::locked) {
            end(lease, "locked", now);
            handlers_.on_lost(lease);
        } else if (step == LeaseStep::expire) {
            end(lease, "expired", now);
        } else {
            keep_up(lease, step, now);
        }
        if (busy_.contains(id) || without_key_.contains(id))
            continue;
        if (step == LeaseStep::create) {
            busy_.insert(id);
            const auto key = keys_.find(id);
            jobs_.submit(CreateJob{lease.workload, key == keys_.end() ? nullptr : key->second});
        } else if (step == LeaseStep::destroy || step == LeaseStep::expire || step == LeaseStep::lapse) {
            busy_.insert(id);
            jobs_.submit(DestroyJob{id});
        }
    }
    keep_ready(now);
}

UnixTime Leases::next_due() const
{
    UnixTime due = std::min(keeper_.next_due(),
                            ready_ && !busy_.contains(ready_->lease) ? sales_.wanted_until() : UnixTime::max());
    for (const auto& [id, lease] : leases_)
        if ((!busy_.contains(id) && !without_key_.contains(id)) || is_live(lease))
            due = std::min({due, busy_.contains(id) ? provider::end_due(lease) : provider::next_due(lease),
                            warning_due(lease, options_.expiry_warning).value_or(UnixTime::max())});
    return due;
}

uint32_t Leases::running_count() const
{
    return static_cast<uint32_t>(std::count_if(
        leases_.begin(), leases_.end(), [](const auto& entry) { return entry.second.state == LeaseState::running; }));
}

} // namespace berth::provider
