#pragma once
// A disk that lives in memory and can lose its power: SQLite's files as a VFS of their own. What was synchronised
// stays. Of what was written since then, each file keeps a part that chance picks: a head, any selection, or a torn
// write.

#include "sim/dice.h"
#include "util/bytes.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct sqlite3_vfs;

namespace berth::sim {

class MemoryDisk {
public:
    /// Registers itself with SQLite under name().
    explicit MemoryDisk(uint64_t seed);
    ~MemoryDisk();
    MemoryDisk(const MemoryDisk&) = delete;
    MemoryDisk& operator=(const MemoryDisk&) = delete;

    [[nodiscard]] const std::string& name() const { return name_; }

    /// The power goes at the write or synchronisation after this many others; absent: not at all.
    void fail_after(std::optional<uint64_t> operations) { operations_left_ = operations; }
    /// Files that are open now can't be written any more, nor can anything be opened.
    void cut_power();
    void restore_power() { powered_ = true; }
    [[nodiscard]] bool is_powered() const { return powered_; }
    /// Power cuts that took something with them.
    [[nodiscard]] int lossy_cuts() const { return lossy_cuts_; }

    // For the VFS's functions.

    struct Change {
        size_t offset = 0;
        std::optional<Bytes> data; ///< absent: cut off at offset
    };
    struct File {
        Bytes content; ///< as the process sees it
        Bytes durable;
        std::vector<Change> unsynced;
    };
    using FilePtr = std::shared_ptr<File>;

    /// Null when there is none and `create` is false, or when there is no power.
    [[nodiscard]] FilePtr open(const std::string& path, bool create);
    [[nodiscard]] bool remove(const std::string& path);
    [[nodiscard]] bool exists(const std::string& path) const { return files_.contains(path); }
    [[nodiscard]] bool change(const FilePtr& file, Change change);
    [[nodiscard]] bool sync(const FilePtr& file);

private:
    /// Whether there is power for one more operation.
    [[nodiscard]] bool spend_operation();
    [[nodiscard]] bool lose_unsynced(File& file);

    Dice dice_;
    std::string name_;
    std::unique_ptr<sqlite3_vfs> vfs_;
    std::map<std::string, FilePtr> files_;
    std::optional<uint64_t> operations_left_;
    bool powered_ = true;
    int lossy_cuts_ = 0;
};

} // namespace berth::sim
