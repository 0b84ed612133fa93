#pragma once
// Volumes: a tenant's data in an image file of the size that was bought, as an ext4 block device, encrypted with the
// tenant's key or plain. Every operation is idempotent, and what dies halfway is finished or undone by recover().
// Call from one thread.

#include "luks/volume_key.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth::luks {

enum class Cipher { none, luks2_aes_xts };

/// What is on this host of one volume.
enum class VolumeState { absent, closed, open };

/// What outlives the process when it dies there, in the order of a volume's life. Tests stop at each but the last one,
/// which only counts them: a step that is added here is tested by that.
enum class Step {
    image_made,
    header_written,
    mapped,
    filesystem_made,
    named,
    closed, ///< from here on it is being destroyed
    condemned,
    erased,
    unlinked,
    count
};

[[nodiscard]] std::string_view name_of(Step step);

/// Told when a step is done.
class Steps {
public:
    virtual ~Steps() = default;
    virtual void reached(Step step) = 0;
};

class Volumes {
public:
    /// `directory` must exist, absolute, and be this process's alone; `steps` may be null and must outlive this.
    explicit Volumes(std::string directory, Steps* steps = nullptr) : directory_{std::move(directory)}, steps_{steps} {}

    /// All or nothing: afterwards the volume is open and its device is returned, or no trace of it is left. A volume
    /// that exists already is opened. Names are [a-z0-9-], at most 64; sizes are whole MiB, from 8. `key` is null for
    /// a plain volume, whose loop device is the one of `slot`: no two volumes at a time may have the same.
    [[nodiscard]] Result<std::string> create(const std::string& name, uint64_t bytes, const VolumeKey* key,
                                             uint32_t slot = 0);

    /// The block device to mount nosuid,nodev. refused for a wrong key, also where the volume is open already; corrupt
    /// for a broken volume; not_found where there is none. Nothing is changed then.
    [[nodiscard]] Result<std::string> open(const std::string& name, const VolumeKey* key, uint32_t slot = 0);

    /// conflict while it is mounted anywhere, in whatever mount namespace.
    [[nodiscard]] Result<void> close(const std::string& name);

    /// Closes, erases the keyslots and the header, unlinks; true when it returns success. Retry it otherwise. A copy of
    /// the image that somebody took before still opens with the tenant's key.
    [[nodiscard]] Result<void> destroy(const std::string& name);

    [[nodiscard]] Result<VolumeState> inspect(const std::string& name) const;

    /// The device of a volume that is open.
    [[nodiscard]] Result<std::optional<std::string>> find_device(const std::string& name) const;

    /// Whether anything is on disk under this name: whole, half made or condemned.
    [[nodiscard]] bool has_traces(const std::string& name) const;

    /// Finishes what an earlier process left: a half-made volume goes, a condemned one is erased. The names of the
    /// whole volumes, sorted.
    [[nodiscard]] Result<std::vector<std::string>> recover();

    /// Whether this host can do it, tried for real; the failure is for the operator.
    [[nodiscard]] Result<void> probe(Cipher cipher);

private:
    [[nodiscard]] std::string path(const std::string& name, std::string_view ending) const;
    [[nodiscard]] std::optional<Cipher> existing(const std::string& name) const;
    [[nodiscard]] Result<void> build(const std::string& name, uint64_t bytes, const VolumeKey* key);
    [[nodiscard]] Result<std::string> open_encrypted(const std::string& name, const VolumeKey& key);
    [[nodiscard]] Result<void> discard_half_made(const std::string& name);
    [[nodiscard]] Result<void> erase_condemned(const std::string& name);
    void reached(Step step) const
    {
        if (steps_ != nullptr)
            steps_->reached(step);
    }

    std::string directory_;
    Steps* steps_;
};

} // namespace berth::luks
