#pragma once
// DLEQ proofs (NUT-12): that a mint signed with the key it publishes, checked without asking it.

#include "cashu/token.h"

namespace berth::cashu {

/// The DLEQ beside a blind signature.
struct BlindDleq {
    Bytes32 e{};
    Bytes32 s{};
};

/// SHA-256 over the lower-case hex of the four uncompressed points.
[[nodiscard]] Bytes32 hash_e(const crypto::Point& R1, const crypto::Point& R2, const crypto::Point& A,
                             const crypto::Point& C_);

/// The mint's proof for C_ = a·B_, with the deterministic nonce of NUT-12.
[[nodiscard]] BlindDleq create_dleq(const crypto::Scalar& a, const crypto::Point& B_, const crypto::Point& C_);

/// Whether the holder of A's private key made C_ out of B_ with it.
[[nodiscard]] bool verify_dleq(const BlindDleq& dleq, const crypto::Point& A, const crypto::Point& B_,
                               const crypto::Point& C_);

/// The same for somebody's proof, from which B_ and C_ are built again with its r.
[[nodiscard]] bool verify_proof_dleq(const ProofDleq& dleq, const crypto::Point& A, std::string_view secret,
                                     const crypto::Point& C);

} // namespace berth::cashu
