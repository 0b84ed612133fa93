#include "cli/child_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

extern char** environ;

namespace berth::cli {

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& arguments, const std::string& log_file)
{
    std::vector<std::string> words{"berth"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words)
        argv.push_back(word.data());
    argv.push_back(nullptr);

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    pid_t pid = -1;
    const int code = posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (code != 0)
        return fail(Errc::unavailable, "cannot start the daemon ({})", code);
    return ChildProcess{pid};
}

ChildProcess::~ChildProcess()
{
    stop();
}

bool ChildProcess::is_running()
{
    if (pid_ < 0)
        return false;
    if (waitpid(pid_, &status_, WNOHANG) == 0)
        return true;
    pid_ = -1;
    return false;
}

int ChildProcess::stop()
{
    constexpr int kPollsMax = 200;
    if (pid_ >= 0)
        ::kill(pid_, SIGTERM);
    for (int poll = 0; poll < kPollsMax && is_running(); ++poll)
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    if (pid_ >= 0) {
        ::kill(pid_, SIGKILL);
        waitpid(pid_, &status_, 0);
        pid_ = -1;
    }
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_);
}

} // namespace berth::cli
