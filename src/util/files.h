#pragma once
// Files by descriptor: one that closes itself, and small private files that are either whole and durable or not there.

#include "util/result.h"

#include <filesystem>
#include <string_view>

namespace berth {

class FileDescriptor {
public:
    /// Takes over what open() gave, be it -1.
    explicit FileDescriptor(int number) : number_{number} {}
    ~FileDescriptor();
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    [[nodiscard]] int get() const { return number_; }
    [[nodiscard]] bool is_open() const { return number_ >= 0; }

private:
    const int number_;
};

/// Makes a new, renamed or removed entry survive a power cut. not_found without the directory, else unavailable.
[[nodiscard]] Result<void> sync_parent(const std::filesystem::path& file);

/// A new file with mode 0600, on disk when this returns. conflict when there is one, refused when none can be made,
/// unavailable when it can't be written; then it is not there.
[[nodiscard]] Result<void> create_private_file(const std::filesystem::path& file, std::string_view text);

} // namespace berth
