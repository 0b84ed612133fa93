#pragma once
// The file with the key of one's own encrypted volume: who loses it loses what is in the volume.

#include "util/result.h"

#include <filesystem>
#include <string>

namespace berth::cli {

/// The key in base64url, as requests carry it. With `make_missing`, a file that isn't there is made (0600) with 32
/// bytes of the system's randomness.
[[nodiscard]] Result<std::string> read_volume_key(const std::filesystem::path& file, bool make_missing);

} // namespace berth::cli
