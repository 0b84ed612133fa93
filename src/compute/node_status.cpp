#include "compute/node_status.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

namespace berth::compute {

namespace {

struct CpuTimes {
    uint64_t busy = 0;
    uint64_t total = 0;
};

/// First line of /proc/stat: user nice system idle iowait irq softirq steal (guest times are within user and nice).
Result<CpuTimes> read_cpu_times(const std::string& proc_root)
{
    std::ifstream file{proc_root + "/stat"};
    std::string word;
    std::array<uint64_t, 8> times{};
    if (!(file >> word) || word != "cpu")
        return fail(Errc::unavailable, "{}/stat can't be read", proc_root);
    for (uint64_t& time : times) {
        if (!(file >> time))
            return fail(Errc::unavailable, "{}/stat has too few fields", proc_root);
    }
    constexpr size_t kIdle = 3;
    constexpr size_t kWaitingForDisk = 4;
    CpuTimes sum;
    for (const uint64_t time : times)
        sum.total += time;
    sum.busy = sum.total - times[kIdle] - times[kWaitingForDisk];
    return sum;
}

/// The value of `name` in /proc/meminfo, in bytes.
Result<uint64_t> read_memory(const std::string& proc_root, std::string_view name)
{
    std::ifstream file{proc_root + "/meminfo"};
    std::string line;
    while (std::getline(file, line)) {
        if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ':')
            continue;
        std::istringstream rest{line.substr(name.size() + 1)};
        uint64_t kibibytes = 0;
        if (rest >> kibibytes)
            return kibibytes * 1024;
    }
    return fail(Errc::unavailable, "{}/meminfo does not tell {}", proc_root, name);
}

} // namespace

NodeStatusReader::NodeStatusReader(std::string disk_path, std::string proc_root)
    : disk_path_{std::move(disk_path)}, proc_root_{std::move(proc_root)}
{
}

Result<NodeStatus> NodeStatusReader::read()
{
    NodeStatus status;
    const CpuTimes now = TRY(read_cpu_times(proc_root_));
    status.memory_total = TRY(read_memory(proc_root_, "MemTotal"));
    const uint64_t available = TRY(read_memory(proc_root_, "MemAvailable"));
    status.memory_used = status.memory_total - std::min(available, status.memory_total);

    struct statvfs disk {};
    if (statvfs(disk_path_.c_str(), &disk) != 0)
        return fail(Errc::unavailable, "the file system of {} can't be measured", disk_path_);
    status.disk_total = uint64_t{disk.f_blocks} * disk.f_frsize;
    status.disk_used = (uint64_t{disk.f_blocks} - disk.f_bfree) * disk.f_frsize;

    // The kernel's idle time of a hot-plugged core may run backwards: then there is nothing to compare with.
    if (now.total > total_before_ && now.busy >= busy_before_) {
        const auto busy = static_cast<double>(now.busy - busy_before_);
        status.cpu_usage = std::min(1.0, busy / static_cast<double>(now.total - total_before_));
    }
    busy_before_ = now.busy;
    total_before_ = now.total;
    return status;
}

} // namespace berth::compute
