#pragma once
// Pay to blinded key (NUT-28): the keys in a P2PK secret are blinded by an ephemeral key E that travels with the proof.

#include "crypto/secp256k1.h"

namespace berth::cashu {

/// r_i of one slot: 0 is `data`, then `pubkeys`, then `refund`. `peer` is E for the receiver, and the receiver's key
/// for the sender.
[[nodiscard]] Result<crypto::Scalar> p2bk_blinding(const crypto::Scalar& key, const crypto::Point& peer, uint8_t slot);

/// P' = P + r·G.
[[nodiscard]] Result<crypto::Point> p2bk_blind_key(const crypto::Point& key, const crypto::Scalar& blinding);

/// The secret key that signs for `blinded_key` if that is our key blinded with r, else not_found.
[[nodiscard]] Result<crypto::Scalar> p2bk_signing_key(const crypto::Scalar& key, const crypto::Scalar& blinding,
                                                      const crypto::Point& blinded_key);

} // namespace berth::cashu
