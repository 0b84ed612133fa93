#include "luks/filesystem.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

namespace berth::luks {

namespace {

constexpr const char* kMkfs = "/sbin/mkfs.ext4";
constexpr const char* kDebugfs = "/sbin/debugfs";

/// Runs a program of e2fsprogs to its end, with an empty environment, nothing on its standard streams and no shell.
Result<void> run(const char* program, std::vector<std::string> words)
{
    std::vector<char*> arguments;
    for (std::string& word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::array<char*, 1> no_environment{};

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0);
    pid_t pid = -1;
    const int code = posix_spawn(&pid, program, &actions, nullptr, arguments.data(), no_environment.data());
    posix_spawn_file_actions_destroy(&actions);
    if (code != 0)
        return fail(Errc::unavailable, "{} can't be started (errno {})", program, code);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return fail(Errc::unavailable, "{} was lost (errno {})", program, errno);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return fail(Errc::unavailable, "{} failed on {} (status {})", program, words.back(), status);
    return {};
}

} // namespace

Result<void> find_mkfs()
{
    for (const char* program : {kMkfs, kDebugfs})
        if (::access(program, X_OK) != 0)
            return fail(Errc::unavailable, "{} is missing", program);
    return {};
}

Result<void> make_filesystem(const std::string& target)
{
    TRY(run(kMkfs, {"mkfs.ext4", "-q", "-F", "-m0", "-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard", target}));
    // An Engine copies an image's files into a volume, and hands it to the image's user, only while it is empty.
    return run(kDebugfs, {"debugfs", "-w", "-R", "rmdir lost+found", target});
}

} // namespace berth::luks
