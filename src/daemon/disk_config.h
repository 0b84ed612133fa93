#pragma once
// The section [disk]: root file systems, and how full the host may get.

#include "daemon/config.h"
#include "daemon/toml_reader.h"

namespace berth::daemon {

void read_disk(const toml::table& table, provider::DiskOptions& disk, Problems& problems);

} // namespace berth::daemon
