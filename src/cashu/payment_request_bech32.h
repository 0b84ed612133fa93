#pragma once
// Payment requests as bech32m text, CREQB1… (NUT-26): the members of NUT-18 as type-length-value records.

#include "cashu/payment_request.h"

namespace berth::cashu {

/// Either case. All failures are bad_input; records of unknown types are skipped.
[[nodiscard]] Result<PaymentRequest> decode_payment_request_bech32(std::string_view text);

/// Upper case, fit for a QR code. bad_input for what the form can't hold: locks other than P2PK and HTLC, transports
/// other than nostr and post, a nostr target that is neither nprofile nor npub, values longer than their length field.
[[nodiscard]] Result<std::string> encode_payment_request_bech32(const PaymentRequest& request);

} // namespace berth::cashu
