#pragma once
// The sections about images: [images] and [[registries]].

#include "daemon/config.h"
#include "daemon/toml_reader.h"

namespace berth::daemon {

void read_images(const toml::table& table, provider::ImagePolicy& images, Problems& problems);

} // namespace berth::daemon
