#include "provider/rebuild.h"

#include "compute/lease_objects.h"

#include <algorithm>

namespace berth::provider {

namespace {

/// What only one lease can have.
struct Taken {
    std::set<uint32_t> numbers{};
    std::set<uint16_t> ports{};

    bool meets(const Lease& lease) const
    {
        return numbers.contains(lease.workload.number) ||
               std::any_of(lease.workload.ports.begin(), lease.workload.ports.end(),
                           [this](const compute::PortMapping& port) { return ports.contains(port.host_port); });
    }
    void add(const Lease& lease)
    {
        numbers.insert(lease.workload.number);
        for (const compute::PortMapping& port : lease.workload.ports)
            ports.insert(port.host_port);
    }
};

bool has_container(const std::vector<compute::LabelledObject>& objects, const Lease& lease)
{
    return std::any_of(objects.begin(), objects.end(), [&lease](const compute::LabelledObject& object) {
        return object.kind == "container" && object.lease == lease.id && object.id == lease.container_id &&
               object.name == compute::container_name(lease.workload.number);
    });
}

} // namespace

Rebuilt rebuild_leases(const std::vector<LeaseFileText>& files, const std::vector<compute::LabelledObject>& objects,
                       std::chrono::seconds longest, UnixTime now)
{
    Rebuilt rebuilt;
    Taken taken;
    const auto judge = [&](const LeaseFileText& file) -> Result<Lease> {
        const std::string text = TRY(file.text);
        Lease lease = TRY(decode_lease_file(file.lease, text));
        if (lease.expires_at > now + longest || lease.locked_until > now + longest)
            return fail(Errc::corrupt, "it would end later than any lease can");
        if (!has_container(objects, lease))
            return fail(Errc::not_found, "the container engine has no such container of it");
        if (taken.meets(lease))
            return fail(Errc::conflict, "its number or a port of it is another lease's");
        return lease;
    };
    for (const LeaseFileText& file : files) {
        auto lease = judge(file);
        if (!lease) {
            rebuilt.refused.emplace(file.lease, lease.error().message);
            continue;
        }
        taken.add(*lease);
        rebuilt.leases.push_back(std::move(*lease));
    }
    return rebuilt;
}

} // namespace berth::provider
