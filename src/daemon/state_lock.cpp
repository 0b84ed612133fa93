#include "daemon/state_lock.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace berth::daemon {

namespace {

Errc code_of(int number)
{
    return number == EACCES || number == EPERM || number == EROFS ? Errc::refused : Errc::unavailable;
}

} // namespace

Result<StateLock> StateLock::acquire(const std::filesystem::path& state_dir)
{
    std::error_code error;
    if (std::filesystem::create_directories(state_dir, error))
        std::filesystem::permissions(state_dir, std::filesystem::perms::owner_all, error);
    if (error)
        return fail(code_of(error.value()), "state_dir {}: {}", state_dir.string(), error.message());
    const std::string file = (state_dir / "lock").string();
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return fail(code_of(errno), "cannot open {}: {}", file, std::strerror(errno));
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        ::close(descriptor);
        return fail(Errc::conflict, "another berth uses {}", state_dir.string());
    }
    return StateLock{descriptor};
}

StateLock::~StateLock()
{
    if (descriptor_ >= 0)
        ::close(descriptor_);
}

} // namespace berth::daemon
