#include "bench/daemon_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <sstream>

extern char** environ;

namespace berth::bench {

Result<pid_t> spawn(const std::string& program, const std::vector<std::string>& arguments, const std::string& log_file)
{
    std::vector<std::string> words{program};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    pid_t pid = -1;
    const int code = posix_spawnp(&pid, program.c_str(), &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (code != 0)
        return fail(Errc::unavailable, "cannot start {} ({})", program, code);
    return pid;
}

Result<DaemonProcess> DaemonProcess::start(const std::string& binary, const std::string& config,
                                           const std::string& log_file)
{
    const pid_t pid = TRY(spawn(binary, {"run", "--config", config}, log_file));
    return DaemonProcess{pid};
}

DaemonProcess::~DaemonProcess()
{
    if (pid_ < 0)
        return;
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
}

Result<MemoryUse> DaemonProcess::memory() const
{
    std::ifstream file{fmt::format("/proc/{}/smaps_rollup", pid_)};
    MemoryUse use;
    for (std::string line; std::getline(file, line);) {
        std::istringstream words{line};
        std::string name;
        double kilobytes = 0;
        words >> name >> kilobytes;
        if (name == "Anonymous:")
            use.anonymous_mb = kilobytes / 1000;
        if (name == "Rss:")
            use.resident_mb = kilobytes / 1000;
    }
    if (use.resident_mb == 0)
        return fail(Errc::unavailable, "the kernel does not tell the daemon's memory");
    return use;
}

} // namespace berth::bench
