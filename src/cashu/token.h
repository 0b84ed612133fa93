#pragma once
// Proofs and tokens (NUT-00): V3 and V4 in, V4 out. Decoding judges the form only; policy is check.h's.

#include "cashu/amount.h"
#include "crypto/secp256k1.h"

#include <optional>
#include <string>
#include <vector>

namespace berth::cashu {

/// A proof's DLEQ (NUT-12) as its holder knows it.
struct ProofDleq {
    Bytes32 e{};
    Bytes32 s{};
    Bytes32 r{};
};

struct Proof {
    Amount amount = 0;
    std::string keyset_id; ///< hex as it stood in the token: full, or short (16 characters) for V2
    std::string secret;    ///< the text that is hashed
    crypto::Point C;
    std::optional<std::string> witness; ///< JSON text
    std::optional<ProofDleq> dleq;
    std::optional<std::string> p2pk_e; ///< NUT-28, hex
};

struct Token {
    std::string mint; ///< as written; normalise before comparing
    std::optional<std::string> unit;
    std::optional<std::string> memo;
    std::vector<Proof> proofs;
};

/// Tokens are at most 256 KiB of text, 256 proofs, one mint. All failures are bad_input with a reason fit for the
/// sender.
[[nodiscard]] Result<Token> decode_token(std::string_view text);
/// V4 (`cashuB…`), definite lengths, no padding, V2 keyset ids short, DLEQ included, witness left out. V4 readers
/// insist on the unit.
[[nodiscard]] std::string encode_token(const Token& token);

/// Sum of the proofs' amounts; bad_input on overflow.
[[nodiscard]] Result<Amount> total(const std::vector<Proof>& proofs);

} // namespace berth::cashu
