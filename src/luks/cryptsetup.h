#pragma once
// The few things berth asks of libcryptsetup, on an image file. Not thread-safe: libdevmapper keeps global state.

#include "luks/volume_key.h"

#include <string>

namespace berth::luks {

/// The header, keyslots included, at the start of an encrypted image; it counts into the size that was bought.
constexpr uint64_t kHeaderBytes = 1 << 20;

/// Writes a LUKS2 header with a fresh 512-bit volume key for aes-xts-plain64 and one keyslot for `key`.
[[nodiscard]] Result<void> format_image(const std::string& image, const VolumeKey& key);

/// Whether `key` opens the header: refused for another key, corrupt for a header or keyslot that is broken or erased.
[[nodiscard]] Result<void> verify_key(const std::string& image, const VolumeKey& key);

/// Maps the image as /dev/mapper/<name>. Fails as verify_key does; unavailable where the kernel can't.
[[nodiscard]] Result<void> map_image(const std::string& image, const std::string& name, const VolumeKey& key);

/// Takes the mapping away; one that isn't there is fine. conflict while somebody uses it.
[[nodiscard]] Result<void> unmap(const std::string& name);

/// Destroys every keyslot and overwrites the header, on disk when it returns. Afterwards no key opens this image.
[[nodiscard]] Result<void> erase_header(const std::string& image);

[[nodiscard]] bool is_mapped(const std::string& name);
[[nodiscard]] std::string mapper_path(const std::string& name);

/// Maps a small temporary file in `directory` under `name` with a throw-away key and unmaps it: device nodes, loaded
/// modules and a successful format prove nothing. The failure says what the kernel lacks.
[[nodiscard]] Result<void> probe_encryption(const std::string& directory, const std::string& name);

} // namespace berth::luks
