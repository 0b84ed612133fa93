#include "compute/nameless_files.h"

#include "util/result.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>

namespace berth::compute {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDeleted = " (deleted)";

/// The names in a folder of /proc, as far as they can be read: processes end at any time.
std::vector<std::string> names_in(const std::string& folder)
{
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry{folder, error}; !error && entry != fs::directory_iterator{};
         entry.increment(error))
        names.push_back(entry->path().filename().string());
    return names;
}

ino_t process_namespace(pid_t process)
{
    struct stat status {};
    return stat(fmt::format("/proc/{}/ns/pid", process).c_str(), &status) == 0 ? status.st_ino : 0;
}

bool belongs_to(pid_t process, const std::string& container_id)
{
    std::ifstream groups{fmt::format("/proc/{}/cgroup", process)};
    for (std::string line; std::getline(groups, line);)
        if (line.find(container_id) != std::string::npos)
            return true;
    return false;
}

class Nameless {
public:
    explicit Nameless(const std::set<dev_t>& elsewhere) : elsewhere_{elsewhere} {}

    void count_opened(pid_t process)
    {
        const std::string folder = fmt::format("/proc/{}/fd/", process);
        for (const std::string& name : names_in(folder))
            count(folder + name);
    }
    void count_mapped(pid_t process)
    {
        std::ifstream maps{fmt::format("/proc/{}/maps", process)};
        for (std::string line; std::getline(maps, line);)
            if (line.ends_with(kDeleted))
                count(fmt::format("/proc/{}/map_files/{}", process, line.substr(0, line.find(' '))));
    }
    [[nodiscard]] TreeSize size() const { return size_; }

private:
    void count(const std::string& path)
    {
        struct stat status {};
        if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_nlink != 0 ||
            elsewhere_.contains(status.st_dev))
            return;
        // By number alone: of overlayfs, what is mapped may show the device below it.
        struct statfs system {};
        if (statfs(path.c_str(), &system) != 0 || system.f_type == TMPFS_MAGIC || system.f_type == HUGETLBFS_MAGIC ||
            !seen_.insert(status.st_ino).second)
            return;
        size_.bytes += bytes_on_disk(status);
        ++size_.entries;
    }

    const std::set<dev_t>& elsewhere_;
    std::set<ino_t> seen_;
    TreeSize size_;
};

} // namespace

std::vector<pid_t> processes_of(pid_t first, const std::string& container_id)
{
    std::vector<pid_t> found;
    const ino_t wanted = first > 0 && belongs_to(first, container_id) ? process_namespace(first) : 0;
    if (wanted == 0 || wanted == process_namespace(::getpid()))
        return found;
    for (const std::string& name : names_in("/proc")) {
        pid_t process = 0;
        const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), process);
        if (error == std::errc{} && end == name.data() + name.size() && process_namespace(process) == wanted)
            found.push_back(process);
    }
    return found;
}

TreeSize measure_nameless(const std::vector<pid_t>& processes, const std::set<dev_t>& elsewhere)
{
    Nameless nameless{elsewhere};
    for (const pid_t process : processes) {
        nameless.count_opened(process);
        nameless.count_mapped(process);
    }
    return nameless.size();
}

} // namespace berth::compute
