#pragma once
// Unix sockets by path, however long the path is: the name that the kernel gets leads through the open directory.

#include "util/result.h"

#include <filesystem>

namespace berth::net {

/// unavailable when the name can't be made there.
[[nodiscard]] Result<void> bind_unix(int socket, const std::filesystem::path& path);
/// not_found when nobody listens there, refused without the right to it, else unavailable.
[[nodiscard]] Result<void> connect_unix(int socket, const std::filesystem::path& path);

} // namespace berth::net
