#include "provider/lease_files.h"

#include "provider/lease_file.h"
#include "util/files.h"
#include "util/log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace berth::provider {

namespace {

constexpr size_t kFilesMax = 1000;
constexpr size_t kEntriesMax = 100'000; ///< looked at
constexpr size_t kIdLength = 16;
constexpr std::string_view kEnding = ".json";

/// The lease of a file's name; empty when it isn't named like a lease's.
std::string lease_of(const std::string& name)
{
    const bool is_hex =
        std::all_of(name.begin(), name.begin() + static_cast<ptrdiff_t>(std::min(kIdLength, name.size())),
                    [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    const bool is_ours = name.size() == kIdLength + kEnding.size() && name.ends_with(kEnding) && is_hex;
    return is_ours ? name.substr(0, kIdLength) : std::string{};
}

Unexpected failed(const char* what, const std::filesystem::path& file)
{
    return fail(Errc::unavailable, "cannot {} {}: {}", what, file.string(), std::strerror(errno));
}

Result<std::string> read_small(const std::filesystem::path& file)
{
    const FileDescriptor descriptor{::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
    struct stat facts {};
    if (!descriptor.is_open() || ::fstat(descriptor.get(), &facts) != 0)
        return failed("read", file);
    if (!S_ISREG(facts.st_mode) || static_cast<uint64_t>(facts.st_size) > kLeaseFileBytesMax)
        return fail(Errc::corrupt, "{} is no file of at most {} bytes", file.string(), kLeaseFileBytesMax);
    std::string text(static_cast<size_t>(facts.st_size), '\0');
    const ssize_t count = ::read(descriptor.get(), text.data(), text.size());
    if (count < 0)
        return failed("read", file);
    text.resize(static_cast<size_t>(count));
    return text;
}

/// Gone when this returns well, be it that it never was there.
Result<void> unlink_file(const std::filesystem::path& file)
{
    if (::unlink(file.c_str()) != 0 && errno != ENOENT)
        return failed("remove", file);
    return {};
}

/// On disk when this returns, though its name need not be: it is renamed at once.
Result<void> write_draft(const std::filesystem::path& draft, std::string_view text)
{
    TRY(unlink_file(draft));
    const FileDescriptor descriptor{::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (!descriptor.is_open())
        return failed("make", draft);
    // Small as it is, it goes in one piece, or not at all.
    if (::write(descriptor.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::fsync(descriptor.get()) != 0)
        return failed("write", draft);
    return {};
}

} // namespace

Result<std::set<std::string>> LeaseFiles::list() const
{
    std::set<std::string> leases;
    std::error_code problem;
    std::filesystem::directory_iterator entry{folder_, problem};
    for (size_t count = 0; !problem && entry != std::filesystem::directory_iterator{}; entry.increment(problem)) {
        if (++count > kEntriesMax || leases.size() == kFilesMax) {
            log::warn("{} holds more than berth looks at", folder_.string());
            break;
        }
        const std::string lease = lease_of(entry->path().filename().string());
        if (!lease.empty())
            leases.insert(lease);
    }
    if (problem && problem != std::errc::no_such_file_or_directory)
        return fail(Errc::unavailable, "cannot read {}: {}", folder_.string(), problem.message());
    return leases;
}

Result<std::vector<LeaseFileText>> LeaseFiles::read() const
{
    std::vector<LeaseFileText> files;
    const std::set<std::string> leases = TRY(list());
    for (const std::string& lease : leases)
        files.push_back({lease, read_small(file_of(lease))});
    return files;
}

Result<void> LeaseFiles::write(const std::string& lease, const std::string& text)
{
    if (text.empty())
        return remove(lease);
    if (::mkdir(folder_.c_str(), 0700) == 0)
        TRY(sync_parent(folder_));
    else if (errno != EEXIST)
        return failed("make", folder_);
    const std::filesystem::path file = file_of(lease);
    std::filesystem::path draft = file;
    draft += ".new";
    TRY(write_draft(draft, text));
    if (::rename(draft.c_str(), file.c_str()) != 0)
        return failed("rename", draft);
    return sync_parent(file);
}

Result<void> LeaseFiles::remove(const std::string& lease)
{
    const std::filesystem::path file = file_of(lease);
    TRY(unlink_file(file));
    const auto synced = sync_parent(file);
    return synced || synced.error().code != Errc::not_found ? synced : Result<void>{}; // without folder, without file
}

Result<void> LeaseFiles::settle(const std::map<std::string, std::string>& texts, const std::set<std::string>& set_aside)
{
    const std::set<std::string> there = TRY(list());
    for (const auto& [lease, text] : texts) {
        const bool is_same = there.contains(lease) && read_small(file_of(lease)).value_or(std::string{}) == text;
        if (!is_same)
            TRY(write(lease, text));
    }
    for (const std::string& lease : there) {
        if (texts.contains(lease))
            continue;
        const std::filesystem::path file = file_of(lease);
        if (!set_aside.contains(lease))
            TRY(remove(lease));
        else if (::rename(file.c_str(), (file.string() + ".refused").c_str()) != 0)
            return failed("rename", file);
    }
    return {};
}

} // namespace berth::provider
