#pragma once
// Secrets and blinding factors out of the wallet's seed and a counter per keyset (NUT-13), so that a mint can be asked
// for everything it ever signed. A counter value must never be used twice: that is the caller's duty.

#include "cashu/keyset.h"

namespace berth::cashu {

/// What one output is made of.
struct DerivedOutput {
    std::string secret; ///< 64 hex characters; the proof's secret text
    crypto::Scalar r;
};

/// By BIP-32 for V1 ids (counter below 2^31), by HMAC for V2 ids. bad_input for other ids, and for the one counter in
/// 2^128 that gives no scalar: skip it.
[[nodiscard]] Result<DerivedOutput> derive_output(const crypto::Secret& seed, const KeysetId& keyset_id,
                                                  uint64_t counter);

/// The BIP-32 index of a V1 id. Two ids with the same index would repeat each other's secrets.
[[nodiscard]] Result<uint32_t> keyset_id_integer(const KeysetId& keyset_id);

/// SHA-256(seed ‖ domain) as a secret key (NUT-27 with "cashu-mint-backup"; our lock key with a domain of its own).
[[nodiscard]] Result<crypto::Scalar> derive_key(const crypto::Secret& seed, std::string_view domain);

} // namespace berth::cashu
