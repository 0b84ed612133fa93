#pragma once
// NodeStatus: CPU, memory and disk of the host, measured from /proc and statvfs.

#include "util/result.h"

#include <cstdint>
#include <optional>
#include <string>

namespace berth::compute {

struct NodeStatus {
    double cpu_usage = 0;      ///< share of all cores busy since the last reading, 0 … 1
    uint64_t memory_used = 0;  ///< bytes
    uint64_t memory_total = 0; ///< bytes
    uint64_t disk_used = 0;    ///< bytes, on the file system that holds `disk_path`
    uint64_t disk_total = 0;   ///< bytes
};

class NodeStatusReader {
public:
    explicit NodeStatusReader(std::string disk_path, std::string proc_root = "/proc");
    /// unavailable when the host's files can't be read; nothing is made up.
    [[nodiscard]] Result<NodeStatus> read();

private:
    const std::string disk_path_;
    const std::string proc_root_;
    uint64_t busy_before_ = 0;
    uint64_t total_before_ = 0;
};

} // namespace berth::compute
