#include "local/mint_keys.h"

#include "crypto/hash.h"

namespace berth::local {

namespace {
constexpr int kDenominations = 32;
}

MintKeyset make_mint_keyset(const crypto::Secret& seed, const KeysetRecipe& recipe)
{
    MintKeyset made;
    for (int power = 0; power < kDenominations; ++power) {
        const cashu::Amount amount = cashu::Amount{1} << power;
        const std::string path =
            fmt::format("practice mint key/{}/{}/{}", cashu::name_of(recipe.unit), recipe.number, amount);
        const Bytes32 digest = crypto::hmac_sha256(seed.expose(), as_bytes(path));
        // Zero after reduction: one chance in 2^256.
        crypto::Scalar key = crypto::Scalar::create_reduced(digest).value();
        made.published.keys.emplace(amount, crypto::Point::generate(key));
        made.secret_keys.emplace(amount, std::move(key));
    }
    cashu::Keyset& keyset = made.published;
    keyset.unit = recipe.unit;
    keyset.input_fee_ppk = recipe.input_fee_ppk;
    keyset.final_expiry = recipe.final_expiry;
    keyset.id = recipe.version == KeysetVersion::v1
                    ? cashu::derive_keyset_id_v1(keyset.keys)
                    : cashu::derive_keyset_id_v2(keyset.keys, cashu::name_of(recipe.unit), recipe.input_fee_ppk,
                                                 recipe.final_expiry);
    return made;
}

} // namespace berth::local
