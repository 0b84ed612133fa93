#include "luks/volume_key.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace berth::luks {

Result<VolumeKey> VolumeKey::copy_of(const crypto::Secret& bytes)
{
    if (bytes.expose().size() != kVolumeKeyBytes)
        return fail(Errc::bad_input, "a volume key has {} bytes, got {}", kVolumeKeyBytes, bytes.expose().size());
    const auto page_bytes = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
    void* page = ::mmap(nullptr, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return fail(Errc::unavailable, "no page for a volume key (errno {})", errno);
    // A host that forbids locking still gets the rest of the protection: a swapped page is the operator's own choice.
    (void)::mlock(page, page_bytes);
    VolumeKey key{static_cast<uint8_t*>(page), page_bytes};
    if (::madvise(page, page_bytes, MADV_DONTDUMP) != 0 || ::madvise(page, page_bytes, MADV_WIPEONFORK) != 0)
        return fail(Errc::unavailable, "a volume key's page can't be kept out of core dumps (errno {})", errno);
    std::copy(bytes.expose().begin(), bytes.expose().end(), key.page_);
    return key;
}

VolumeKey::~VolumeKey()
{
    if (page_ == nullptr)
        return;
    crypto::wipe({page_, page_bytes_});
    ::munmap(page_, page_bytes_);
}

VolumeKey& VolumeKey::operator=(VolumeKey&& other) noexcept
{
    std::swap(page_, other.page_);
    std::swap(page_bytes_, other.page_bytes_);
    return *this;
}

} // namespace berth::luks
