#pragma once
// The sections about images: [images] and [[registries]].

#include "daemon/config.h"
#include "daemon/toml_reader.h"

namespace berth::daemon {

void read_images(const toml::table& table, Config& config, Problems& problems);
/// One entry of [[registries]], with its password file.
void read_registry(const toml::table& table, Config& config, Problems& problems);

} // namespace berth::daemon
