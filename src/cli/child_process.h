#pragma once
// A child process for the demonstration: this very binary, run with other arguments.

#include "util/result.h"

#include <sys/types.h>

#include <string>
#include <vector>

namespace berth::cli {

class ChildProcess {
public:
    /// Starts /proc/self/exe with these arguments, its stderr in `log_file`.
    [[nodiscard]] static Result<ChildProcess> start(const std::vector<std::string>& arguments,
                                                    const std::string& log_file);
    ~ChildProcess(); ///< stops it if it still runs
    ChildProcess(ChildProcess&& other) noexcept : pid_{other.pid_} { other.pid_ = -1; }
    ChildProcess& operator=(ChildProcess&&) = delete;

    [[nodiscard]] bool is_running();
    /// SIGTERM, then the exit status; SIGKILL after 10 s.
    int stop();

private:
    explicit ChildProcess(pid_t pid) : pid_{pid} {}
    pid_t pid_;
    int status_ = 0;
};

} // namespace berth::cli
