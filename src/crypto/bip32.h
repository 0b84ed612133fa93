#pragma once
// BIP-32: a tree of private keys out of one seed.

#include "crypto/secp256k1.h"
#include "crypto/secret.h"
#include "util/result.h"

namespace berth::crypto {

/// Set in the index of a child that its parent's public key does not lead to.
constexpr uint32_t kHardened = 0x8000'0000;

struct ExtendedKey {
    Scalar key;
    Secret chain_code;
};

/// bad_input for the one seed in 2^128 that gives no key.
[[nodiscard]] Result<ExtendedKey> master_key(const Secret& seed);
/// bad_input for the one index in 2^128 that gives no key: take the next.
[[nodiscard]] Result<ExtendedKey> child_key(const ExtendedKey& parent, uint32_t index);
/// The seed's key at the end of a path of child indices.
[[nodiscard]] Result<ExtendedKey> derive_path(const Secret& seed, std::span<const uint32_t> path);

} // namespace berth::crypto
