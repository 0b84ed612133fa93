#include "provider/lease.h"

#include <algorithm>
#include <array>
#include <utility>

namespace berth::provider {

namespace {

constexpr std::array<std::pair<LeaseState, const char*>, 6> kNames{{{LeaseState::redeeming, "redeeming"},
                                                                    {LeaseState::provisioning, "provisioning"},
                                                                    {LeaseState::running, "running"},
                                                                    {LeaseState::locked, "locked"},
                                                                    {LeaseState::ending, "ending"},
                                                                    {LeaseState::ended, "ended"}}};

UnixTime end_of(const Lease& lease)
{
    return lease.top_ups_open > 0 ? lease.expires_at + kTopUpGrace : lease.expires_at;
}

} // namespace

const char* name_of(LeaseState state)
{
    for (const auto& [value, name] : kNames)
        if (value == state)
            return name;
    return "unknown";
}

Result<LeaseState> parse_lease_state(std::string_view text)
{
    for (const auto& [value, name] : kNames)
        if (text == name)
            return value;
    return fail(Errc::corrupt, "unknown lease state in the database");
}

bool is_live(const Lease& lease)
{
    return lease.state == LeaseState::running || lease.state == LeaseState::locked;
}

UnixTime expiry_of(const Lease& lease, UnixTime now)
{
    return lease.clock_stopped_at ? lease.expires_at + (now - *lease.clock_stopped_at) : lease.expires_at;
}

LeaseStep next_step(const Lease& lease, UnixTime now)
{
    switch (lease.state) {
    case LeaseState::redeeming:
        return lease.reserved_until && now >= *lease.reserved_until ? LeaseStep::lapse : LeaseStep::wait;
    case LeaseState::provisioning:
        return now >= lease.next_try ? LeaseStep::create : LeaseStep::wait;
    case LeaseState::running:
        if (now >= end_of(lease))
            return LeaseStep::expire;
        return lease.restarts.next_at && now >= *lease.restarts.next_at ? LeaseStep::restart : LeaseStep::wait;
    case LeaseState::locked:
        return now >= lease.locked_until ? LeaseStep::expire : LeaseStep::wait;
    case LeaseState::ending:
        return now >= lease.next_try ? LeaseStep::destroy : LeaseStep::wait;
    case LeaseState::ended:
        return LeaseStep::wait;
    }
    return LeaseStep::wait;
}

UnixTime end_due(const Lease& lease)
{
    return lease.state == LeaseState::locked ? lease.locked_until : end_of(lease);
}

UnixTime next_due(const Lease& lease)
{
    switch (lease.state) {
    case LeaseState::provisioning:
    case LeaseState::ending:
        return lease.next_try;
    case LeaseState::running:
        return std::min(end_of(lease), lease.restarts.next_at.value_or(UnixTime::max()));
    case LeaseState::locked:
        return lease.locked_until;
    case LeaseState::redeeming:
        return lease.reserved_until.value_or(UnixTime::max());
    case LeaseState::ended:
        return UnixTime::max();
    }
    return UnixTime::max();
}

std::optional<UnixTime> warning_due(const Lease& lease, std::chrono::seconds lead)
{
    constexpr int kLeadsMin = 2;
    // An end is told in seconds: one that a short lock moved by less is the same.
    const bool is_told = unix_seconds(lease.warned_for) == unix_seconds(lease.expires_at);
    if (lead.count() == 0 || lease.state != LeaseState::running || is_told || lease.duration < kLeadsMin * lead)
        return std::nullopt;
    return lease.expires_at - lead;
}

std::chrono::seconds retry_delay(int attempts)
{
    return std::chrono::seconds{std::min(60, 1 << std::clamp(attempts, 0, 6))};
}

} // namespace berth::provider
