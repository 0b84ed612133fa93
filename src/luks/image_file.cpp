#include "luks/image_file.h"

#include "crypto/random.h"
#include "util/bytes.h"
#include "util/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace berth::luks {

namespace {

Unexpected failed(const char* what, const std::string& path, int number)
{
    return fail(number == ENOENT ? Errc::not_found : Errc::unavailable, "{} {}: {}", what, path, std::strerror(number));
}

} // namespace

Result<void> make_image(const std::string& path, uint64_t bytes)
{
    const FileDescriptor file{::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (!file.is_open())
        return errno == EEXIST ? Result<void>{fail(Errc::conflict, "{} exists", path)}
                               : Result<void>{failed("create", path, errno)};
    if (::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0)
        return failed("size", path, errno);
    return {};
}

Result<void> sync_file(const std::string& path)
{
    const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file.is_open() || ::fsync(file.get()) != 0)
        return failed("sync", path, errno);
    return {};
}

Result<void> rename_image(const std::string& from, const std::string& to)
{
    TRY(sync_file(from));
    if (::rename(from.c_str(), to.c_str()) != 0)
        return failed("rename", from, errno);
    return sync_parent(to);
}

Result<void> remove_image(const std::string& path)
{
    if (::unlink(path.c_str()) != 0 && errno != ENOENT)
        return failed("unlink", path, errno);
    return sync_parent(path);
}

Result<void> overwrite_start(const std::string& path, uint64_t bytes)
{
    const FileDescriptor file{::open(path.c_str(), O_WRONLY | O_CLOEXEC)};
    if (!file.is_open())
        return failed("open", path, errno);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0)
        return failed("stat", path, errno);
    Bytes noise(static_cast<size_t>(std::min<uint64_t>(bytes, static_cast<uint64_t>(status.st_size))));
    crypto::SystemRandom{}.fill(noise);
    size_t done = 0;
    while (done < noise.size()) {
        const ssize_t written =
            ::pwrite(file.get(), noise.data() + done, noise.size() - done, static_cast<off_t>(done));
        if (written <= 0 && errno != EINTR)
            return failed("overwrite", path, errno);
        done += written > 0 ? static_cast<size_t>(written) : 0;
    }
    if (::fsync(file.get()) != 0)
        return failed("sync", path, errno);
    return {};
}

Result<bool> holds_filesystem(const std::string& path)
{
    constexpr off_t kMagicOffset = 1024 + 56;
    const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file.is_open())
        return failed("open", path, errno);
    std::array<uint8_t, 2> magic{};
    if (::pread(file.get(), magic.data(), magic.size(), kMagicOffset) < 0)
        return failed("read", path, errno);
    return magic[0] == 0x53 && magic[1] == 0xEF;
}

} // namespace berth::luks
