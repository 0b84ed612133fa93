#pragma once
// Makes the file system of a new volume.

#include "util/result.h"

#include <string>

namespace berth::luks {

/// An empty ext4, without even lost+found. Runs mkfs.ext4 and debugfs on a device or image that berth itself named,
/// with an empty environment and no shell: no word that a stranger sent is ever among its arguments.
[[nodiscard]] Result<void> make_filesystem(const std::string& target);

/// unavailable where mkfs.ext4 or debugfs is missing.
[[nodiscard]] Result<void> find_mkfs();

} // namespace berth::luks
