#include "compute/tree_size.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstring>
#include <memory>

namespace berth::compute {

namespace {

constexpr int kDepthMax = 128;
constexpr int kOpenFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

struct CloseDirectory {
    void operator()(DIR* directory) const { closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

Directory open_directory(int parent, const char* name)
{
    const int file = openat(parent, name, kOpenFlags);
    if (file < 0)
        return nullptr;
    Directory directory{fdopendir(file)};
    if (!directory)
        close(file);
    return directory;
}

class Counter {
public:
    Counter(const TreeLimit& limit, dev_t device) : limit_{limit}, device_{device} {}

    void count(DIR* directory, int depth)
    {
        while (!size_.is_cut) {
            const dirent* entry = readdir(directory);
            if (!entry)
                return;
            if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0)
                continue;
            count_entry(dirfd(directory), entry->d_name, depth);
        }
    }
    [[nodiscard]] TreeSize size() const { return size_; }

private:
    void count_entry(int parent, const char* name, int depth)
    {
        struct stat status {};
        if (fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || status.st_dev != device_)
            return; // gone meanwhile, or somebody else's
        size_.bytes += bytes_on_disk(status);
        ++size_.entries;
        const bool is_directory = S_ISDIR(status.st_mode);
        if (size_.bytes > limit_.bytes_max || size_.entries > limit_.entries_max || (is_directory && depth == 0))
            size_.is_cut = true;
        if (size_.is_cut || !is_directory)
            return;
        if (const Directory below = open_directory(parent, name))
            count(below.get(), depth - 1);
    }

    const TreeLimit limit_;
    const dev_t device_;
    TreeSize size_;
};

} // namespace

Result<TreeSize> measure_tree(const std::string& path, const TreeLimit& limit)
{
    const Directory top = open_directory(AT_FDCWD, path.c_str());
    struct stat status {};
    if (!top || fstat(dirfd(top.get()), &status) != 0)
        return fail(errno == ENOENT ? Errc::not_found : Errc::unavailable, "{}: {}", path, std::strerror(errno));
    Counter counter{limit, status.st_dev};
    counter.count(top.get(), kDepthMax);
    return counter.size();
}

Result<uint64_t> free_bytes(const std::string& path)
{
    struct statvfs status {};
    if (statvfs(path.c_str(), &status) != 0)
        return fail(Errc::unavailable, "{}: {}", path, std::strerror(errno));
    return uint64_t{status.f_bavail} * status.f_frsize;
}

} // namespace berth::compute
