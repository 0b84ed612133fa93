#pragma once
// Writes a small tar archive (POSIX ustar) in memory. Only what an image made on the spot needs.

#include "util/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace berth::compute {

class TarWriter {
public:
    /// Paths are relative and at most 100 characters long, otherwise bad_input.
    [[nodiscard]] Result<void> add_directory(std::string_view path, uint32_t mode);
    [[nodiscard]] Result<void> add_file(std::string_view path, std::string_view content, uint32_t mode);
    [[nodiscard]] Result<void> add_symlink(std::string_view path, std::string_view target);
    /// Ends the archive and gives it away.
    [[nodiscard]] std::string finish();

private:
    struct Entry {
        std::string_view path;
        std::string_view link_target;
        char type = '0';
        uint32_t mode = 0;
        size_t size = 0;
    };
    Result<void> add_header(const Entry& entry);

    std::string archive_;
};

} // namespace berth::compute
