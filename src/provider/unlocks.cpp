#include "provider/unlocks.h"

#include "provider/extensions.h"
#include "provider/own_lease.h"
#include "util/log.h"

namespace berth::provider {

namespace {

constexpr size_t kWaitingMax = 100;

const char* error_type_of_volume(Errc code)
{
    if (code == Errc::refused)
        return error_type::wrong_volume_key;
    return code == Errc::corrupt || code == Errc::not_found ? error_type::volume_broken : error_type::backend_error;
}

} // namespace

void Unlocks::refuse(const RequestOrigin& origin, const char* type, const std::string& text, UnixTime now)
{
    p_.intake.answer(origin, encode_error({type, text}), now);
}

void Unlocks::serve(const RequestOrigin& origin, const UnlockRequest& request, UnixTime now)
{
    const auto found = find_own_lease(p_.leases, request.pod, origin.sender);
    if (const auto* refusal = std::get_if<Refusal>(&found))
        return refuse(origin, refusal->type, refusal->message, now);
    const Lease* lease = std::get<const Lease*>(found);
    if (!lease->workload.encrypted)
        return refuse(origin, error_type::invalid_volume_encryption, "that lease's volume is not encrypted", now);
    auto key = read_key(request.volume_encryption);
    if (!key)
        return refuse(origin, error_type::invalid_volume_encryption, key.error().message, now);
    if (waiting_.size() >= kWaitingMax)
        return refuse(origin, error_type::busy, "too many requests are waiting", now);
    waiting_.push_back({origin, lease->id, std::make_shared<const luks::VolumeKey>(std::move(*key))});
}

void Unlocks::tick(UnixTime now)
{
    std::deque<Waiting> waiting;
    waiting.swap(waiting_);
    for (Waiting& next : waiting) {
        const Lease* lease = p_.leases.find(next.lease);
        if (!lease || !is_live(*lease))
            refuse(next.origin, error_type::lease_expired, "that lease is not running", now);
        else if (!asking_.contains(next.lease) && p_.leases.resume(next.lease, next.key))
            asking_.emplace(next.lease, next.origin);
        else
            waiting_.push_back(std::move(next));
    }
}

void Unlocks::on_locked(const Lease& lease, UnixTime now)
{
    if (const auto origin = p_.failures.take(p_.orders.newest_origin(lease.id)))
        p_.replies.notify(*origin, encode_locked(lease.workload.number), now);
}

void Unlocks::handle(const WorkloadResumed& resumed, UnixTime now)
{
    const auto found = asking_.find(resumed.lease);
    if (found == asking_.end())
        return;
    const RequestOrigin origin = std::move(found->second);
    asking_.erase(found);
    const Lease* lease = p_.leases.find(resumed.lease);
    if (resumed.is_gone)
        return refuse(origin, error_type::lease_expired, "its container is gone; what is left of it goes back", now);
    if (!resumed.outcome)
        return refuse(origin, error_type_of_volume(resumed.outcome.error().code), resumed.outcome.error().message, now);
    if (!lease || lease->state != LeaseState::running)
        return refuse(origin, error_type::lease_expired, "the lease ended meanwhile", now);
    log::info("lease {} is unlocked", lease->workload.number);
    p_.intake.answer(origin, encode_unlocked(lease->workload.number, lease->expires_at), now);
}

} // namespace berth::provider
