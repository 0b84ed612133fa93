#pragma once
// The blind signature scheme of NUT-00: wallet side (blind, unblind) and mint side (sign, verify).

#include "crypto/secp256k1.h"

namespace berth::cashu {

/// Y = hash_to_curve(message), always with an even y. Identifies a proof everywhere.
[[nodiscard]] crypto::Point hash_to_curve(ByteView message);
/// The same over the UTF-8 text of a proof's secret.
[[nodiscard]] crypto::Point hash_to_curve(std::string_view secret);

/// B_ = Y + r·G. bad_input only if that is the point at infinity.
[[nodiscard]] Result<crypto::Point> blind(std::string_view secret, const crypto::Scalar& r);
/// C = C_ − r·A, A being the mint's key of this amount.
[[nodiscard]] Result<crypto::Point> unblind(const crypto::Point& C_, const crypto::Scalar& r, const crypto::Point& A);

/// C_ = a·B_.
[[nodiscard]] Result<crypto::Point> sign_blinded(const crypto::Point& B_, const crypto::Scalar& a);
/// Whether C = a·hash_to_curve(secret): the mint's own check of a proof.
[[nodiscard]] bool is_signed_by(const crypto::Scalar& a, std::string_view secret, const crypto::Point& C);

} // namespace berth::cashu
