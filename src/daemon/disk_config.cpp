#include "daemon/disk_config.h"

namespace berth::daemon {

void read_disk(const toml::table& table, provider::DiskOptions& disk, Problems& problems)
{
    TableReader reader{table, "[disk]", problems};
    const auto interval = reader.integer<int64_t>("watch_seconds", disk.watch_interval->count(), 0, 3600);
    disk.watch_interval = interval ? std::optional{std::chrono::seconds{interval}} : std::nullopt;
    disk.free_gb_min = reader.integer<uint64_t>("free_gb_min", disk.free_gb_min, 0, 1'000'000);
}

} // namespace berth::daemon
