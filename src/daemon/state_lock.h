#pragma once
// One daemon per state directory: a lock that the kernel takes back when the process ends, however it ends.

#include "util/result.h"

#include <filesystem>

namespace berth::daemon {

class StateLock {
public:
    /// Creates the directory (0700) if it is missing. conflict when another process holds it.
    [[nodiscard]] static Result<StateLock> acquire(const std::filesystem::path& state_dir);
    ~StateLock();
    StateLock(StateLock&& other) noexcept : descriptor_{other.descriptor_} { other.descriptor_ = -1; }
    StateLock& operator=(StateLock&&) = delete;

private:
    explicit StateLock(int descriptor) : descriptor_{descriptor} {}
    int descriptor_;
};

} // namespace berth::daemon
