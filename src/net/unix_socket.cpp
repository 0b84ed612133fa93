#include "net/unix_socket.h"

#include "util/files.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace berth::net {

namespace {

Result<sockaddr_un> address_of(const FileDescriptor& directory, const std::filesystem::path& path)
{
    const std::string name = fmt::format("/proc/self/fd/{}/{}", directory.get(), path.filename().string());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (name.size() >= sizeof address.sun_path)
        return fail(Errc::bad_input, "the name of {} is too long for a socket", path.string());
    std::copy(name.begin(), name.end(), address.sun_path);
    return address;
}

Unexpected failure(const std::filesystem::path& path)
{
    const int problem = errno;
    if (problem == ENOENT || problem == ENOTDIR || problem == ECONNREFUSED)
        return fail(Errc::not_found, "nobody listens on {}", path.string());
    if (problem == EACCES || problem == EPERM)
        return fail(Errc::refused, "no access to {}", path.string());
    return fail(Errc::unavailable, "{} can't be used: error {}", path.string(), problem);
}

int open_parent(const std::filesystem::path& path)
{
    return ::open(path.parent_path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

} // namespace

Result<void> bind_unix(int socket, const std::filesystem::path& path)
{
    const FileDescriptor directory{open_parent(path)};
    const sockaddr_un address = TRY(address_of(directory, path));
    if (!directory.is_open() || ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return fail(Errc::unavailable, "cannot make {}: error {}", path.string(), errno);
    return {};
}

Result<void> connect_unix(int socket, const std::filesystem::path& path)
{
    const FileDescriptor directory{open_parent(path)};
    if (!directory.is_open())
        return failure(path);
    const sockaddr_un address = TRY(address_of(directory, path));
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return failure(path);
    return {};
}

} // namespace berth::net
