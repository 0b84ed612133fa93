#include "luks/filesystem.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace berth::luks {

namespace {

constexpr const char* kMkfs = "/sbin/mkfs.ext4";

} // namespace

Result<void> find_mkfs()
{
    if (::access(kMkfs, X_OK) != 0)
        return fail(Errc::unavailable, "{} is missing", kMkfs);
    return {};
}

Result<void> make_filesystem(const std::string& target)
{
    std::string path = target;
    std::array<std::string, 6> words{"mkfs.ext4", "-q", "-F",
                                     "-m0",       "-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard"};
    std::array<char*, 8> argv{};
    for (size_t index = 0; index < words.size(); ++index)
        argv[index] = words[index].data();
    argv[words.size()] = path.data();
    std::array<char*, 1> no_environment{};

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0);
    pid_t pid = -1;
    const int code = posix_spawn(&pid, kMkfs, &actions, nullptr, argv.data(), no_environment.data());
    posix_spawn_file_actions_destroy(&actions);
    if (code != 0)
        return fail(Errc::unavailable, "{} can't be started (errno {})", kMkfs, code);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return fail(Errc::unavailable, "{} was lost (errno {})", kMkfs, errno);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return fail(Errc::unavailable, "{} failed on {} (status {})", kMkfs, target, status);
    return {};
}

} // namespace berth::luks
