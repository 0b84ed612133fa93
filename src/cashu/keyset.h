#pragma once
// Keysets (NUT-01, NUT-02): ids V1 and V2 recomputed and compared, fees.

#include "cashu/amount.h"
#include "crypto/secp256k1.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace berth::cashu {

/// Full keyset id in lower-case hex: 16 characters (V1, "00…") or 66 (V2, "01…").
using KeysetId = std::string;

struct Keyset {
    KeysetId id;
    Unit unit = Unit::sat;
    bool active = false;
    uint64_t input_fee_ppk = 0;
    std::optional<int64_t> final_expiry;  ///< Unix seconds
    std::map<Amount, crypto::Point> keys; ///< empty while only /v1/keysets was read

    [[nodiscard]] std::vector<Amount> denominations() const; ///< ascending
};

/// What the id must be, from keys (V1), or keys, unit, fee and expiry (V2). `unit` is the text as the mint sent it.
[[nodiscard]] KeysetId derive_keyset_id_v1(const std::map<Amount, crypto::Point>& keys);
[[nodiscard]] KeysetId derive_keyset_id_v2(const std::map<Amount, crypto::Point>& keys, std::string_view unit,
                                           uint64_t input_fee_ppk, std::optional<int64_t> final_expiry);
/// corrupt when the id is not the one its contents give, or of an unknown version.
[[nodiscard]] Result<void> verify_keyset_id(const Keyset& keyset);

/// ceil(sum of input_fee_ppk / 1000) over all inputs of one transaction (NUT-02).
[[nodiscard]] Result<Amount> input_fee(const std::vector<uint64_t>& input_fee_ppk_per_input);

/// Expands a token's id (full, or the 8-byte short form of V2) among the ids known for its mint.
/// not_found: refresh the keysets and try again; bad_input: ambiguous or malformed.
[[nodiscard]] Result<KeysetId> expand_keyset_id(std::string_view token_id_hex, const std::vector<KeysetId>& known);

} // namespace berth::cashu
