// Leases that run: what the Engine says of their containers, when they are started again, and what their owners are
// told in time. Whatever the Engine does not say is not known: only its own "not found" means that a container is gone.

#include "provider/leases.h"

#include "util/log.h"

namespace berth::provider {

void Leases::look(const std::string& id)
{
    to_inspect_.insert(id);
}

void Leases::inspect_all(UnixTime now)
{
    for (auto& [id, lease] : leases_) {
        if (lease.state != LeaseState::running)
            continue;
        to_inspect_.insert(id);
        // Host or Engine were away: that a container is down then is not its own doing.
        forgiven_.insert(id);
        if (lease.restarts.next_at && !lease.restarts.is_looping)
            lease.restarts.next_at = std::min(*lease.restarts.next_at, now);
    }
}

void Leases::notice_stopped(const std::vector<compute::LabelledObject>& objects)
{
    std::set<std::string> there;
    std::set<std::string> running;
    for (const compute::LabelledObject& object : objects) {
        if (object.kind != "container")
            continue;
        there.insert(object.lease);
        if (object.state == "running")
            running.insert(object.lease);
    }
    // The list may be older than what a lease has become since: an inspection decides. One that is known to be down
    // waits for its restart, unless somebody removed it meanwhile.
    for (const auto& [id, lease] : leases_)
        if (lease.state == LeaseState::running && !(lease.restarts.is_down ? there : running).contains(id))
            to_inspect_.insert(id);
}

void Leases::submit_inspections()
{
    for (auto id = to_inspect_.begin(); id != to_inspect_.end();) {
        const Lease* lease = find(*id);
        if (lease && lease->state == LeaseState::running && !busy_.insert(*id).second) {
            ++id; // once its job is done
            continue;
        }
        if (lease && lease->state == LeaseState::running)
            jobs_.submit(InspectJob{*id, lease->container_id, lease->workload.encrypted});
        id = to_inspect_.erase(id);
    }
}

bool Leases::resume(const std::string& id, std::shared_ptr<const luks::VolumeKey> key)
{
    const Lease* lease = find(id);
    VERIFY(lease && is_live(*lease));
    if (!busy_.insert(id).second)
        return false;
    // What a locked lease's owner has left is its volume: a container that was lost meanwhile is made anew around it,
    // unless it came from its file, which doesn't tell what to run.
    const bool may_be_made = lease->state == LeaseState::locked && !lease->rebuilt;
    jobs_.submit(ResumeJob{lease->workload, std::move(key), may_be_made ? "" : lease->container_id});
    return true;
}

void Leases::take_workload(Lease& lease, const compute::Workload& workload)
{
    lease.container_id = workload.container_id;
    lease.network_id = workload.network_id;
    if (!workload.ip.empty())
        lease.container_ip = workload.ip;
}

void Leases::handle(const WorkloadResumed& resumed, UnixTime now)
{
    busy_.erase(resumed.lease);
    Lease* lease = find_mutable(resumed.lease);
    if (!lease || !is_live(*lease))
        return;
    if (resumed.is_gone)
        return on_gone(*lease, now);
    if (!resumed.outcome)
        return on_not_resumed(*lease, resumed.outcome.error(), resumed.is_closed, now);
    lease->expires_at = expiry_of(*lease, now);
    lease->clock_stopped_at.reset();
    lease->state = LeaseState::running;
    lease->attempts = 0;
    take_workload(*lease, *resumed.outcome);
    take_start(lease->restarts, now);
    if (!resumed.outcome->running)
        take_exit(lease->restarts, {resumed.outcome->exit_code, resumed.outcome->out_of_memory}, now);
    save(*lease, now);
}

void Leases::on_gone(Lease& lease, UnixTime now)
{
    if (lease.state != LeaseState::running)
        return;
    log::warn("lease {}: its container is gone from the Engine; the lease ends", lease.workload.number);
    end(lease, "vanished", now);
    handlers_.on_lost(lease);
}

void Leases::on_not_resumed(Lease& lease, const Error& error, bool is_closed, UnixTime now)
{
    log::warn("lease {}: not started again: {}", lease.workload.number, error.message);
    if (lease.state != LeaseState::running)
        return; // locked: its owner hears of it
    const bool is_restart = lease.restarts.is_down && !lease.restarts.next_at;
    if (!is_restart)
        return; // a key that its owner sent all the same, and that was wrong, stopped nothing
    if (is_closed)
        return lock(lease, now); // it waits for a key, which is no fault of its workload
    if (error.code == Errc::unavailable || error.code == Errc::outcome_unknown) {
        lease.restarts.is_down = true;
        lease.restarts.next_at = now + retry_delay(lease.attempts++);
    } else {
        take_exit(lease.restarts, {.code = 0, .out_of_memory = false, .start_error = error.message}, now);
    }
    save(lease, now);
}

void Leases::handle(const WorkloadInspected& inspected, UnixTime now)
{
    busy_.erase(inspected.lease);
    Lease* lease = find_mutable(inspected.lease);
    if (!lease || lease->state != LeaseState::running)
        return;
    if (!inspected.outcome && inspected.outcome.error().code == Errc::not_found)
        return on_gone(*lease, now);
    if (inspected.is_locked)
        return lock(*lease, now);
    if (!inspected.outcome)
        return; // not known; the next survey asks again
    const bool is_forgiven = forgiven_.erase(inspected.lease) != 0;
    if (!inspected.outcome->running)
        return on_down(*lease, *inspected.outcome, is_forgiven, now);
    const bool was_down = lease->restarts.is_down;
    if (was_down)
        take_start(lease->restarts, now);
    if (was_down || (!inspected.outcome->ip.empty() && inspected.outcome->ip != lease->container_ip)) {
        take_workload(*lease, *inspected.outcome);
        save(*lease, now);
    }
}

void Leases::on_down(Lease& lease, const compute::Workload& workload, bool is_forgiven, UnixTime now)
{
    Restarts& restarts = lease.restarts;
    if (restarts.is_down && restarts.next_at)
        return; // known
    if (is_forgiven && !restarts.is_looping) {
        restarts.is_down = true;
        restarts.next_at = now;
        return save(lease, now);
    }
    take_exit(restarts, {workload.exit_code, workload.out_of_memory}, now);
    log::debug("lease {}: its container exited with {}{}", lease.workload.number, workload.exit_code,
               restarts.is_looping ? ", again and again" : "");
    save(lease, now);
}

void Leases::mark_reported(const std::string& id, UnixTime now)
{
    reporting_.erase(id);
    Lease* lease = find_mutable(id);
    if (!lease)
        return;
    lease->restarts.is_reported = true;
    save(*lease, now);
}

void Leases::keep_up(Lease& lease, LeaseStep step, UnixTime now)
{
    if (step == LeaseStep::restart && busy_.insert(lease.id).second) {
        lease.restarts.next_at.reset();
        jobs_.submit(ResumeJob{lease.workload, {}, lease.container_id});
    }
    if (const auto due = warning_due(lease, options_.expiry_warning); due && now >= *due && step != LeaseStep::expire) {
        lease.warned_for = lease.expires_at;
        save(lease, now);
        // After its end it only waits for a top-up that is being redeemed, whose answer tells the next end.
        if (now < lease.expires_at)
            handlers_.on_expiring(lease);
    }
    const Restarts& restarts = lease.restarts;
    if (lease.state == LeaseState::running && restarts.is_looping && !restarts.is_reported &&
        reporting_.insert(lease.id).second)
        handlers_.on_crash_looping(lease);
}

} // namespace berth::provider
