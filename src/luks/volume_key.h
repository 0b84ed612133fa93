#pragma once
// VolumeKey: the 32 random bytes that unlock a tenant's volume, in a page of their own that is locked in memory where
// the host allows it, left out of core dumps, and wiped at the end.

#include "crypto/secret.h"
#include "util/result.h"

namespace berth::luks {

constexpr size_t kVolumeKeyBytes = 32;

class VolumeKey {
public:
    /// bad_input unless there are exactly kVolumeKeyBytes; unavailable where no page can be had. The caller's copy
    /// stays the caller's to wipe.
    [[nodiscard]] static Result<VolumeKey> copy_of(const crypto::Secret& bytes);
    ~VolumeKey();
    VolumeKey(VolumeKey&& other) noexcept : page_{other.page_}, page_bytes_{other.page_bytes_} { other.page_ = {}; }
    VolumeKey& operator=(VolumeKey&& other) noexcept;
    VolumeKey(const VolumeKey&) = delete;
    VolumeKey& operator=(const VolumeKey&) = delete;

    /// The bytes, for the call that needs them; never keep the view.
    [[nodiscard]] ByteView expose() const { return {page_, kVolumeKeyBytes}; }

private:
    VolumeKey(uint8_t* page, size_t page_bytes) : page_{page}, page_bytes_{page_bytes} {}

    uint8_t* page_ = nullptr;
    size_t page_bytes_ = 0;
};

} // namespace berth::luks
