#include "util/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace berth {

namespace {

bool write_all(int descriptor, std::string_view text)
{
    while (!text.empty()) {
        const ssize_t written = ::write(descriptor, text.data(), text.size());
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0)
            text.remove_prefix(static_cast<size_t>(written));
    }
    return true;
}

} // namespace

FileDescriptor::~FileDescriptor()
{
    if (is_open())
        ::close(number_);
}

Result<void> sync_parent(const std::filesystem::path& file)
{
    const std::filesystem::path parent = file.has_parent_path() ? file.parent_path() : ".";
    const FileDescriptor directory{::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!directory.is_open() || ::fsync(directory.get()) != 0)
        return fail(errno == ENOENT ? Errc::not_found : Errc::unavailable, "cannot sync {}: {}", parent.string(),
                    std::strerror(errno));
    return {};
}

Result<void> create_private_file(const std::filesystem::path& file, std::string_view text)
{
    const FileDescriptor descriptor{::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (!descriptor.is_open())
        return fail(errno == EEXIST ? Errc::conflict : Errc::refused, "cannot create {}: {}", file.string(),
                    std::strerror(errno));
    const bool written =
        ::fchmod(descriptor.get(), 0600) == 0 && write_all(descriptor.get(), text) && ::fsync(descriptor.get()) == 0;
    const int problem = errno;
    if (written && sync_parent(file))
        return {};
    ::unlink(file.c_str());
    return fail(Errc::unavailable, "cannot write {}: {}", file.string(), std::strerror(written ? errno : problem));
}

} // namespace berth
