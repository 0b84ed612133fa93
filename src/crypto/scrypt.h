#pragma once
// scrypt (RFC 7914) with r = 8 and p = 1: keys from passwords, as NIP-49 uses it.

#include "crypto/secret.h"
#include "util/result.h"

namespace berth::crypto {

/// 2^22 rounds take 4 GiB; more is refused.
inline constexpr unsigned kScryptLogRoundsMax = 22;

/// 32 bytes from a password, with N = 2^log_rounds: 128 * 8 * N bytes of memory. bad_input for log_rounds of 0 or above
/// the maximum, before anything is allocated; unavailable when memory runs out.
[[nodiscard]] Result<Secret> scrypt32(std::string_view password, ByteView salt, unsigned log_rounds);

} // namespace berth::crypto
