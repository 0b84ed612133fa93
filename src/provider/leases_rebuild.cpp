// Leases after the database was lost: those that their files bring back, and what is left alone for want of one.

#include "provider/leases.h"

#include "compute/lease_objects.h"
#include "util/log.h"

#include <algorithm>
#include <charconv>

namespace berth::provider {

namespace {

constexpr std::chrono::seconds kTrialSecondsMax{55}; ///< less than between two surveys

/// The number that a container's, network's or volume's name has; a volume's image has none.
std::optional<uint32_t> number_in(std::string_view name)
{
    const size_t digit = name.find_first_of("0123456789");
    uint32_t number = 0;
    if (digit == std::string_view::npos ||
        std::from_chars(name.data() + digit, name.data() + name.size(), number).ec != std::errc{} ||
        !name.starts_with(compute::container_name(number)))
        return std::nullopt;
    return number;
}

} // namespace

void Leases::handle(const LeaseFilesRead& read, UnixTime now)
{
    keeper_.handle(read, now);
    take_rebuilt(now);
}

void Leases::take_rebuilt(UnixTime now)
{
    for (Lease& lease : keeper_.take_rebuilt(now)) {
        log::info("lease {} goes on", lease.workload.number);
        failures_.check(store_.insert(lease));
        numbers_.insert(lease.workload.number);
        used_before_.insert(lease.workload.number);
        for (const compute::PortMapping& port : lease.workload.ports)
            ports_.mark_taken(port.host_port);
        strangers_.erase(lease.id); // its number stays in use
        leases_.emplace(lease.id, std::move(lease));
    }
}

void Leases::sweep(const std::vector<compute::LabelledObject>& objects, UnixTime now)
{
    // A network alone is what a killed process left ready, or nearly so: there is nothing in it to be missed.
    std::set<std::string> with_more;
    for (const compute::LabelledObject& object : objects)
        if (object.kind != "network")
            with_more.insert(object.lease);
    std::set<std::string> orphans = take_stale_trials(objects, now);
    for (const compute::LabelledObject& object : objects) {
        if (leases_.contains(object.lease) || is_ready(object.lease) || compute::is_trial(object.lease))
            continue;
        const bool is_new = block_number_of(object);
        if (!with_more.contains(object.lease) || !keeper_.holds(object.lease, now))
            orphans.insert(object.lease);
        else if (is_new)
            log::warn(
                "{} {} is of lease {}, which the database does not know: it stays for an hour, as the database is new",
                object.kind, object.name, object.lease);
    }
    unblock_gone(objects);
    for (const std::string& lease : orphans) {
        if (!busy_.insert(lease).second)
            continue; // being removed
        log::warn("removing what is left of lease {}, which the database does not know as open", lease);
        jobs_.submit(DestroyJob{lease});
    }
}

/// A trial clears up after itself, and before itself what an earlier one left. A survey that meets it must leave it
/// alone, or the trial fails and nothing is sold: only what is still there a minute later is a killed process's.
std::set<std::string> Leases::take_stale_trials(const std::vector<compute::LabelledObject>& objects, UnixTime now)
{
    std::set<std::string> stale;
    std::map<std::string, UnixTime> seen;
    for (const compute::LabelledObject& object : objects) {
        if (!compute::is_trial(object.lease))
            continue;
        const auto earlier = trials_.find(object.lease);
        const UnixTime since = earlier == trials_.end() ? now : earlier->second;
        seen.emplace(object.lease, since);
        if (now - since >= kTrialSecondsMax)
            stale.insert(object.lease);
    }
    trials_ = std::move(seen);
    return stale;
}

bool Leases::block_number_of(const compute::LabelledObject& object)
{
    const auto [stranger, is_new] = strangers_.try_emplace(object.lease, number_in(object.name));
    if (!is_new)
        return false;
    std::optional<uint32_t>& number = stranger->second;
    if (number && !numbers_.insert(*number).second)
        number.reset(); // a lease has it
    if (number)
        used_before_.insert(*number);
    return true;
}

/// What a removal that failed was about may never have been there.
void Leases::unblock_gone(const std::vector<compute::LabelledObject>& objects)
{
    std::set<std::string> gone;
    for (const auto& [lease, number] : strangers_)
        if (!busy_.contains(lease))
            gone.insert(lease);
    for (const compute::LabelledObject& object : objects)
        gone.erase(object.lease);
    for (const std::string& lease : gone)
        unblock_number_of(lease);
}

void Leases::unblock_number_of(const std::string& lease)
{
    const auto stranger = strangers_.find(lease);
    if (stranger == strangers_.end())
        return;
    if (const auto number = stranger->second) {
        numbers_.erase(*number);
        if (std::find(rested_.begin(), rested_.end(), *number) == rested_.end())
            rested_.push_back(*number);
    }
    strangers_.erase(stranger);
}

} // namespace berth::provider
