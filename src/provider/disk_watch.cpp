#include "provider/disk_watch.h"

#include "provider/wire.h"
#include "util/json.h"
#include "util/log.h"

#include <algorithm>

namespace berth::provider {

namespace {

constexpr uint64_t kBytesPerGb = 1ull << 30;
constexpr uint64_t kFilesPerGb = 65'536; // as ext4 gives to a volume
constexpr uint64_t kWarnPercent = 90;

bool is_beyond(const compute::DiskUse& use, const compute::DiskLimit& limit)
{
    return use.is_more || use.bytes > limit.bytes_max || use.entries > limit.entries_max;
}

bool is_near(const compute::DiskUse& use, const compute::DiskLimit& limit)
{
    return use.bytes >= limit.bytes_max / 100 * kWarnPercent || use.entries >= limit.entries_max / 100 * kWarnPercent;
}

OrderedJson notice_of(const char* name, const Lease& lease, const compute::DiskUse& use)
{
    const compute::DiskLimit limit = disk_limit_of(lease.spec);
    return {{"notice", name},
            {"pod_id", std::to_string(lease.workload.number)},
            {"used_bytes", use.bytes},
            {"used_files", use.entries},
            {"disk_bytes", limit.bytes_max},
            {"files", limit.entries_max}};
}

} // namespace

compute::DiskLimit disk_limit_of(const Spec& spec)
{
    return {.bytes_max = spec.disk_gb * kBytesPerGb, .entries_max = spec.disk_gb * kFilesPerGb};
}

void DiskWatch::tick(UnixTime now)
{
    if (now < next_due())
        return;
    next_ = now + *options_.watch_interval;
    std::vector<MeasureDiskJob::Item> items;
    for (const Lease* lease : leases_.live())
        // A spec without a size of disk makes no promise that could be broken.
        if (lease->state == LeaseState::running && lease->spec.disk_gb > 0)
            items.push_back({lease->id, lease->container_id, disk_limit_of(lease->spec)});
    const auto begin =
        std::find_if(items.begin(), items.end(), [this](const auto& item) { return item.lease > last_measured_; });
    std::rotate(items.begin(), begin, items.end());
    std::erase_if(warned_, [this](const std::string& lease) { return !leases_.find(lease); });
    if (items.empty())
        return;
    is_asking_ = true;
    jobs_.submit(MeasureDiskJob{std::move(items)});
}

void DiskWatch::handle(const DiskMeasured& measured)
{
    is_asking_ = false;
    for (const DiskMeasured::Item& item : measured.items) {
        last_measured_ = item.lease;
        const Lease* lease = leases_.find(item.lease);
        if (!lease || lease->state != LeaseState::running)
            continue;
        if (!item.use) {
            log::debug("lease {}: its disk could not be measured: {}", lease->workload.number,
                       item.use.error().message);
            continue;
        }
        const compute::DiskLimit limit = disk_limit_of(lease->spec);
        if (is_beyond(*item.use, limit)) {
            handlers_.on_outgrown(*lease, *item.use);
        } else if (is_near(*item.use, limit) && warned_.insert(item.lease).second) {
            log::info("lease {} has nearly filled its disk", lease->workload.number);
            handlers_.on_nearly_full(*lease, *item.use);
        }
    }
}

std::string encode_nearly_full(const Lease& lease, const compute::DiskUse& use)
{
    OrderedJson body = notice_of("disk_nearly_full", lease, use);
    body["message"] = fmt::format("{} has used 90 % of its disk or more ({} MB of {} MB, {} of {} files). A lease that "
                                  "outgrows its disk is stopped, and its data is gone.",
                                  pod_name(lease.workload.number), use.bytes >> 20, lease.spec.disk_gb << 10,
                                  use.entries, disk_limit_of(lease.spec).entries_max);
    return dump_json(body);
}

std::string encode_outgrown(const Lease& lease, const compute::DiskUse& use)
{
    OrderedJson body = notice_of("disk_outgrown", lease, use);
    body["message"] = fmt::format("{} has outgrown its disk ({} MB and {} files or more; {} MB and {} files were "
                                  "bought), so it was stopped. Its unused time comes back.",
                                  pod_name(lease.workload.number), use.bytes >> 20, use.entries,
                                  lease.spec.disk_gb << 10, disk_limit_of(lease.spec).entries_max);
    return dump_json(body);
}

} // namespace berth::provider
