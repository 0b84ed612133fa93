// Leases after the database was lost: those that their files bring back, and what is left alone for want of one.

#include "provider/leases.h"

#include "util/log.h"

#include <algorithm>
#include <charconv>

namespace berth::provider {

namespace {

/// The lease's number in the name of one of its objects.
std::optional<uint32_t> number_in(std::string_view name)
{
    const size_t digit = name.find_first_of("0123456789");
    uint32_t number = 0;
    if (digit == std::string_view::npos ||
        std::from_chars(name.data() + digit, name.data() + name.size(), number).ec != std::errc{})
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
        held_.erase(lease.id); // its number stays in use
        leases_.emplace(lease.id, std::move(lease));
    }
}

void Leases::sweep(const std::vector<compute::LabelledObject>& objects, UnixTime now)
{
    std::set<std::string> orphans;
    for (const compute::LabelledObject& object : objects) {
        if (leases_.contains(object.lease) || orphans.contains(object.lease))
            continue;
        if (keeper_.holds(object.lease, now))
            hold(object);
        else
            orphans.insert(object.lease);
    }
    for (const std::string& lease : orphans) {
        if (!busy_.insert(lease).second)
            continue; // being removed
        log::warn("removing what is left of lease {}, which the database does not know as open", lease);
        if (const auto held = held_.find(lease); held != held_.end()) {
            if (held->second) {
                numbers_.erase(*held->second);
                rested_.push_back(*held->second);
            }
            held_.erase(held);
        }
        jobs_.submit(DestroyJob{lease});
    }
}

void Leases::hold(const compute::LabelledObject& object)
{
    const auto [held, is_new] = held_.try_emplace(object.lease, number_in(object.name));
    if (!is_new)
        return;
    // Its name can't be another's while it is there.
    if (held->second && !numbers_.insert(*held->second).second)
        held->second.reset();
    if (held->second)
        used_before_.insert(*held->second);
    log::warn("{} {} is of lease {}, which the database does not know: it stays for an hour, as the database is new",
              object.kind, object.name, object.lease);
}

} // namespace berth::provider
