#include "sim/memory_disk.h"

#include "util/check.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <new>

namespace berth::sim {

namespace {

/// An open file, in memory that SQLite owns.
struct Handle {
    sqlite3_file base;
    MemoryDisk* disk;
    MemoryDisk::FilePtr file;
};

Handle& handle(sqlite3_file* file)
{
    return *reinterpret_cast<Handle*>(file);
}

MemoryDisk& disk_of(sqlite3_vfs* vfs)
{
    return *static_cast<MemoryDisk*>(vfs->pAppData);
}

void write_into(Bytes& content, const MemoryDisk::Change& change)
{
    if (!change.data)
        return content.resize(change.offset);
    if (content.size() < change.offset + change.data->size())
        content.resize(change.offset + change.data->size());
    std::copy(change.data->begin(), change.data->end(), content.begin() + static_cast<ptrdiff_t>(change.offset));
}

extern "C" {

int disk_close(sqlite3_file* file)
{
    handle(file).~Handle();
    return SQLITE_OK;
}

int disk_read(sqlite3_file* file, void* out, int count, sqlite3_int64 from)
{
    const Bytes& content = handle(file).file->content;
    const auto offset = std::min(static_cast<size_t>(from), content.size());
    const size_t found = std::min(static_cast<size_t>(count), content.size() - offset);
    std::memcpy(out, content.data() + offset, found);
    if (found == static_cast<size_t>(count))
        return SQLITE_OK;
    std::memset(static_cast<uint8_t*>(out) + found, 0, static_cast<size_t>(count) - found);
    return SQLITE_IOERR_SHORT_READ;
}

int disk_write(sqlite3_file* file, const void* data, int count, sqlite3_int64 offset)
{
    const auto* bytes = static_cast<const uint8_t*>(data);
    const bool done = handle(file).disk->change(
        handle(file).file, {.offset = static_cast<size_t>(offset), .data = Bytes{bytes, bytes + count}});
    return done ? SQLITE_OK : SQLITE_IOERR_WRITE;
}

int disk_truncate(sqlite3_file* file, sqlite3_int64 size)
{
    const bool done = handle(file).disk->change(handle(file).file, {.offset = static_cast<size_t>(size), .data = {}});
    return done ? SQLITE_OK : SQLITE_IOERR_TRUNCATE;
}

int disk_sync(sqlite3_file* file, int)
{
    return handle(file).disk->sync(handle(file).file) ? SQLITE_OK : SQLITE_IOERR_FSYNC;
}

int disk_size(sqlite3_file* file, sqlite3_int64* size)
{
    *size = static_cast<sqlite3_int64>(handle(file).file->content.size());
    return SQLITE_OK;
}

int disk_lock(sqlite3_file*, int)
{
    return SQLITE_OK;
}

int disk_reserved(sqlite3_file*, int* reserved)
{
    *reserved = 0;
    return SQLITE_OK;
}

int disk_control(sqlite3_file*, int, void*)
{
    return SQLITE_NOTFOUND;
}

int disk_sector(sqlite3_file*)
{
    return 512;
}

int disk_traits(sqlite3_file*)
{
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE; // as the system's VFS assumes
}

int disk_open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* flags_out);

int disk_delete(sqlite3_vfs* vfs, const char* path, int)
{
    return disk_of(vfs).remove(path) ? SQLITE_OK : SQLITE_IOERR_DELETE;
}

int disk_access(sqlite3_vfs* vfs, const char* path, int, int* found)
{
    *found = disk_of(vfs).exists(path) ? 1 : 0;
    return SQLITE_OK;
}

int disk_full_path(sqlite3_vfs*, const char* path, int size, char* out)
{
    sqlite3_snprintf(size, out, "%s", path);
    return SQLITE_OK;
}

/// The same in every run: it names the log's salts.
int disk_randomness(sqlite3_vfs*, int size, char* out)
{
    std::memset(out, 0x5a, static_cast<size_t>(size));
    return size;
}

int disk_sleep(sqlite3_vfs*, int microseconds)
{
    return microseconds;
}

int disk_time(sqlite3_vfs*, double* julian_day)
{
    *julian_day = 2461000.5;
    return SQLITE_OK;
}

} // extern "C"

const sqlite3_io_methods kMethods{1,           disk_close, disk_read, disk_write,    disk_truncate, disk_sync,
                                  disk_size,   disk_lock,  disk_lock, disk_reserved, disk_control,  disk_sector,
                                  disk_traits, nullptr,    nullptr,   nullptr,       nullptr,       nullptr,
                                  nullptr};

int disk_open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* flags_out)
{
    file->pMethods = nullptr;
    MemoryDisk& disk = disk_of(vfs);
    MemoryDisk::FilePtr found = path ? disk.open(path, (flags & SQLITE_OPEN_CREATE) != 0)
                                     : std::make_shared<MemoryDisk::File>(); // a temporary one
    if (!found)
        return SQLITE_CANTOPEN;
    new (file) Handle{.base = {&kMethods}, .disk = &disk, .file = std::move(found)};
    if (flags_out)
        *flags_out = flags;
    return SQLITE_OK;
}

} // namespace

MemoryDisk::MemoryDisk(uint64_t seed)
    : dice_{seed}, name_{"disk" + std::to_string(reinterpret_cast<uintptr_t>(this))}, vfs_{new sqlite3_vfs{}}
{
    vfs_->iVersion = 1;
    vfs_->szOsFile = sizeof(Handle);
    vfs_->mxPathname = 512;
    vfs_->zName = name_.c_str();
    vfs_->pAppData = this;
    vfs_->xOpen = disk_open;
    vfs_->xDelete = disk_delete;
    vfs_->xAccess = disk_access;
    vfs_->xFullPathname = disk_full_path;
    vfs_->xRandomness = disk_randomness;
    vfs_->xSleep = disk_sleep;
    vfs_->xCurrentTime = disk_time;
    VERIFY(sqlite3_vfs_register(vfs_.get(), 0) == SQLITE_OK);
}

MemoryDisk::~MemoryDisk()
{
    sqlite3_vfs_unregister(vfs_.get());
}

MemoryDisk::FilePtr MemoryDisk::open(const std::string& path, bool create)
{
    if (!powered_ || (!create && !exists(path)))
        return nullptr;
    FilePtr& file = files_[path];
    if (!file)
        file = std::make_shared<File>();
    return file;
}

bool MemoryDisk::remove(const std::string& path)
{
    if (!spend_operation())
        return false;
    files_.erase(path);
    return true;
}

bool MemoryDisk::spend_operation()
{
    if (powered_ && operations_left_ && (*operations_left_)-- == 0)
        cut_power();
    return powered_;
}

bool MemoryDisk::change(const FilePtr& file, Change change)
{
    const bool was_powered = powered_;
    if (was_powered && operations_left_ && *operations_left_ == 0)
        file->unsynced.push_back(change); // the write at which the power goes may be torn
    if (!spend_operation())
        return false;
    write_into(file->content, change);
    file->unsynced.push_back(std::move(change));
    return true;
}

bool MemoryDisk::sync(const FilePtr& file)
{
    if (!spend_operation())
        return false;
    for (const Change& change : file->unsynced)
        write_into(file->durable, change);
    file->unsynced.clear();
    return true;
}

bool MemoryDisk::lose_unsynced(File& file)
{
    const bool selects = dice_.chance(30); // disks reorder what no barrier holds
    const size_t kept = dice_.below(file.unsynced.size() + 1);
    bool lost = false;
    for (size_t i = 0; i < file.unsynced.size(); ++i) {
        Change& change = file.unsynced[i];
        const bool stays = selects ? dice_.chance(50) : i < kept;
        const bool is_torn = !stays && change.data && (selects ? dice_.chance(20) : i == kept && dice_.chance(50));
        if (is_torn)
            change.data->resize(dice_.below(change.data->size() + 1));
        if (stays || is_torn)
            write_into(file.durable, change);
        lost |= !stays;
    }
    return lost;
}

void MemoryDisk::cut_power()
{
    if (!powered_)
        return;
    powered_ = false;
    operations_left_.reset();
    bool lost = false;
    for (auto& [path, file] : files_) {
        lost |= lose_unsynced(*file);
        auto survivor = std::make_shared<File>();
        survivor->content = file->durable;
        survivor->durable = std::move(file->durable);
        file->unsynced.clear();
        file = std::move(survivor); // handles keep the old one, and nobody will read that again
    }
    lossy_cuts_ += lost;
}

} // namespace berth::sim
