#pragma once
// What a lease's file says: enough to go on with the lease if the database is lost, and nothing that is secret: no
// password, environment, command or key. Pure; lease_files.h keeps them on disk.

#include "provider/lease.h"

namespace berth::provider {

inline constexpr size_t kLeaseFileBytesMax = 64 << 10;

/// Of a live lease.
[[nodiscard]] std::string encode_lease_file(const Lease& lease);

/// The lease as it was, marked `rebuilt`. Whatever is not as encode_lease_file writes it, or not for the lease of this
/// id, is corrupt.
[[nodiscard]] Result<Lease> decode_lease_file(const std::string& id, const std::string& text);

} // namespace berth::provider
