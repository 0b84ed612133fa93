#pragma once
// What a payer must know of a Lightning invoice (BOLT 11) before a mint is asked to pay it: amount, payment hash,
// expiry. The signature is not checked: the mint's own node does, and the hash is ours only to pay nothing twice.

#include "cashu/amount.h"
#include "util/bytes.h"

#include <optional>

namespace berth::cashu {

struct Invoice {
    std::optional<Msat> amount; ///< absent: the payer chooses
    Bytes32 payment_hash{};
    int64_t created_at = 0; ///< Unix seconds
    int64_t expires_at = 0; ///< Unix seconds
};

/// Takes an optional "lightning:" before it. bad_input for anything that is no invoice of at most 4096 characters.
[[nodiscard]] Result<Invoice> decode_invoice(std::string_view text);
/// The invoice as it is sent to a mint: lower case, without scheme and blanks around it.
[[nodiscard]] std::string canonical_invoice(std::string_view text);

/// An invoice of the regression test network that nobody signed: for mints that only pretend to pay.
[[nodiscard]] std::string encode_practice_invoice(const Invoice& invoice);

} // namespace berth::cashu
