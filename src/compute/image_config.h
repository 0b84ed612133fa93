#pragma once
// What an image brings along besides its files. The Engine repeats it in every list of containers and images and in its
// events, whoever is asked about: a few images with a lot of it would make all of those unreadable.

#include "util/result.h"

#include <cstddef>

namespace berth::compute {

inline constexpr size_t kImageConfigBytesMax = 128 << 10;
/// Labels, variables and exposed ports together.
inline constexpr size_t kImageConfigEntriesMax = 1024;
/// The Engine fills each volume with the image's files at its path, one below the other as often as there are volumes.
inline constexpr size_t kImageVolumesMax = 16;

struct ImageConfig {
    size_t bytes = 0;
    size_t entries = 0;
    size_t volumes = 0;
};

/// bad_input, in words for who asked for the image, when it is more than any image needs.
[[nodiscard]] Result<void> check_image_config(const ImageConfig& config);

} // namespace berth::compute
