#pragma once
// The practice mint's keysets (NUT-01, NUT-02): private keys derived from its seed, ids of either version. Pure.

#include "cashu/keyset.h"
#include "crypto/secret.h"

namespace berth::local {

enum class KeysetVersion { v1 = 1, v2 = 2 };

/// What a keyset is made from.
struct KeysetRecipe {
    cashu::Unit unit = cashu::Unit::sat;
    uint64_t number = 0; ///< counts a unit's rotations
    KeysetVersion version = KeysetVersion::v2;
    uint64_t input_fee_ppk = 0;
    std::optional<int64_t> final_expiry; ///< Unix seconds
};

struct MintKeyset {
    cashu::Keyset published;
    std::map<cashu::Amount, crypto::Scalar> secret_keys;
};

/// Powers of two up to 2^31. The same seed and recipe give the same keys.
[[nodiscard]] MintKeyset make_mint_keyset(const crypto::Secret& seed, const KeysetRecipe& recipe);

} // namespace berth::local
