// What is left to sell, and taking of it: the capacity, numbers and ports that leases hold until they have ended.

#include "provider/leases.h"

#include "util/hex.h"

#include <algorithm>

namespace berth::provider {

namespace {

constexpr size_t kLeasesMax = 1000;

} // namespace

Resources Leases::sold() const
{
    Resources sold;
    for (const auto& [id, lease] : leases_)
        sold = with_one_more(sold, lease.spec);
    return sold;
}

bool Leases::may_be_sold() const
{
    return !why_closed_ && !draining_ && !disk_is_low_ && !is_rebuilding();
}

Resources Leases::free_capacity() const
{
    return may_be_sold() ? left_of(total_, sold()) : Resources{};
}

uint64_t Leases::free_slots(const Spec& spec) const
{
    if (draining_)
        return 0;
    const uint64_t in_range = uint64_t{options_.number_last} - options_.number_first + 1;
    const auto used =
        std::distance(numbers_.lower_bound(options_.number_first), numbers_.upper_bound(options_.number_last));
    return std::min({uint64_t{kLeasesMax - std::min(kLeasesMax, leases_.size())},
                     in_range - static_cast<uint64_t>(used), uint64_t{ports_.free_count()},
                     slots_in(free_capacity(), spec)});
}

std::map<std::string, uint64_t> Leases::free_slots() const
{
    std::map<std::string, uint64_t> slots;
    for (const Spec& spec : options_.specs)
        slots.emplace(spec.id, free_slots(spec));
    return slots;
}

bool Leases::is_reserved(const std::string& id) const
{
    const Lease* lease = find(id);
    return lease && lease->state == LeaseState::redeeming;
}

Result<uint32_t> Leases::take_number()
{
    while (next_fresh_ <= options_.number_last)
        if (const uint32_t number = next_fresh_++; !used_before_.contains(number))
            return number;
    for (auto candidate = rested_.begin(); candidate != rested_.end(); ++candidate) {
        const uint32_t number = *candidate;
        if (number < options_.number_first || number > options_.number_last || numbers_.contains(number))
            continue;
        rested_.erase(candidate);
        return number;
    }
    return fail(Errc::unavailable, "every lease number is in use");
}

Result<compute::WorkloadName> Leases::take_name()
{
    const uint32_t number = TRY(take_number());
    std::array<uint8_t, 8> id{};
    random_.fill(id);
    return compute::WorkloadName{number, encode_hex(id)};
}

bool Leases::has_waiting_owner() const
{
    return std::any_of(leases_.begin(), leases_.end(), [](const auto& entry) {
        return entry.second.state == LeaseState::redeeming || entry.second.state == LeaseState::provisioning;
    });
}

void Leases::keep_ready(UnixTime now)
{
    if (ready_ && !busy_.contains(ready_->lease) && !(sales_.is_wanted(now) && may_be_sold()))
        drop_ready();
    // Whoever waits for the Engine comes first.
    if (ready_ || !sales_.is_wanted(now) || !may_be_sold() || !busy_.empty() || has_waiting_owner())
        return;
    const auto name = take_name();
    if (!name)
        return; // full
    ready_ = *name;
    busy_.insert(name->lease);
    jobs_.submit(PrepareNetworkJob{*name});
}

void Leases::drop_ready()
{
    numbers_.insert(ready_->number);
    strangers_.emplace(ready_->lease, ready_->number);
    busy_.insert(ready_->lease);
    jobs_.submit(DestroyJob{ready_->lease});
    ready_.reset();
}

std::optional<std::string> Leases::ready_network() const
{
    return ready_ ? std::optional{ready_->lease} : std::nullopt;
}

std::optional<uint16_t> Leases::preferred_port(uint32_t number) const
{
    const uint32_t port = options_.ports.first + (number - options_.number_first);
    return port <= options_.ports.last ? std::optional{static_cast<uint16_t>(port)} : std::nullopt;
}

Result<Lease> Leases::reserve(const Admission& admission, const std::string& owner, UnixTime now)
{
    if (!is_surveyed())
        return fail(Errc::unavailable, "the container engine has not answered yet");
    if (why_closed_)
        return fail(Errc::unavailable, "{}", *why_closed_);
    if (free_slots(admission.spec) == 0)
        return fail(Errc::unavailable, "no room for another {} now", admission.spec.id);
    Lease lease{.owner = owner,
                .workload = admission.workload,
                .spec = admission.spec,
                .username = admission.username,
                .password = admission.password,
                .created_at = now,
                .reserved_until = now + options_.capacity.reservation_max};
    const compute::WorkloadName name = ready_ ? *ready_ : TRY(take_name());
    lease.id = name.lease;
    lease.workload.number = name.number;
    lease.workload.lease = lease.id;
    const auto ports = ports_.take(lease.workload.ports.size(), preferred_port(name.number));
    if (!ports) {
        if (!ready_)
            rested_.insert(rested_.begin(), name.number);
        return pass_on(ports);
    }
    for (size_t i = 0; i < ports->size(); ++i)
        lease.workload.ports[i].host_port = (*ports)[i];
    numbers_.insert(name.number);
    return lease;
}

void Leases::give_back(const Lease& reserved)
{
    numbers_.erase(reserved.workload.number);
    if (!is_ready(reserved.id))
        rested_.push_back(reserved.workload.number);
    for (const compute::PortMapping& port : reserved.workload.ports)
        ports_.give_back(port.host_port);
}

} // namespace berth::provider
