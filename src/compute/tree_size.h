#pragma once
// What a directory tree of a tenant's takes on the disk. The tenant may change it meanwhile, and may have made it to
// tire out whoever counts: nothing is followed, and counting ends where it is clear that the tree is too large.

#include "util/result.h"

#include <cstdint>
#include <string>

#include <sys/stat.h>

namespace berth::compute {

struct TreeSize {
    uint64_t bytes = 0;   ///< blocks in use; a file with several names counts once for each
    uint64_t entries = 0; ///< files, directories and everything else that has a name
    bool is_cut = false;  ///< counting ended early: there is more than this
};

/// Blocks in use. The unit of st_blocks is 512 bytes, whatever the file system's own is.
[[nodiscard]] inline uint64_t bytes_on_disk(const struct stat& status)
{
    return static_cast<uint64_t>(status.st_blocks) * 512;
}

/// Where counting ends.
struct TreeLimit {
    uint64_t bytes_max = 0;
    uint64_t entries_max = 0;
};

/// not_found or unavailable when the top can't be opened; what can't be opened below it counts as nothing.
/// Other file systems that are mounted within are not counted. Deeper than 128 levels counts as cut.
[[nodiscard]] Result<TreeSize> measure_tree(const std::string& path, const TreeLimit& limit);

/// Bytes that are free, beside what is kept for root, on the file system of `path`.
[[nodiscard]] Result<uint64_t> free_bytes(const std::string& path);

} // namespace berth::compute
