#pragma once
// The image files that volumes live in: sparse, private to root, and durable steps between their names.

#include "util/result.h"

#include <string>

namespace berth::luks {

/// A new sparse file of this size, mode 0600; conflict when it exists.
[[nodiscard]] Result<void> make_image(const std::string& path, uint64_t bytes);

/// What was written to this file or device is on disk when it returns.
[[nodiscard]] Result<void> sync_file(const std::string& path);

/// Renames and makes the new name durable, data first.
[[nodiscard]] Result<void> rename_image(const std::string& from, const std::string& to);

/// Unlinks, durably; a file that isn't there is fine.
[[nodiscard]] Result<void> remove_image(const std::string& path);

/// Overwrites the first bytes with random ones, on disk when it returns.
[[nodiscard]] Result<void> overwrite_start(const std::string& path, uint64_t bytes);

/// Whether an ext4 file system begins on this device or file.
[[nodiscard]] Result<bool> holds_filesystem(const std::string& path);

} // namespace berth::luks
