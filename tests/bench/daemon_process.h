#pragma once
// `berth run` as a child process, and what the kernel knows of it.

#include "util/result.h"

#include <sys/types.h>

#include <string>
#include <vector>

namespace berth::bench {

struct MemoryUse {
    double anonymous_mb = 0;
    double resident_mb = 0;
};

class DaemonProcess {
public:
    [[nodiscard]] static Result<DaemonProcess> start(const std::string& binary, const std::string& config,
                                                     const std::string& log_file);
    ~DaemonProcess(); ///< SIGTERM, and waits
    DaemonProcess(DaemonProcess&& other) noexcept : pid_{other.pid_} { other.pid_ = -1; }
    DaemonProcess& operator=(DaemonProcess&&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] Result<MemoryUse> memory() const;

private:
    explicit DaemonProcess(pid_t pid) : pid_{pid} {}
    pid_t pid_;
};

/// posix_spawn with `log_file` as its stderr.
[[nodiscard]] Result<pid_t> spawn(const std::string& program, const std::vector<std::string>& arguments,
                                  const std::string& log_file);

} // namespace berth::bench
