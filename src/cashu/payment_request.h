#pragma once
// Payment requests: creqA (NUT-18, CBOR), read and written, and the payload that a payer sends. The bech32m form is in
// payment_request_bech32.h.

#include "cashu/token.h"

namespace berth::cashu {

/// [name, value, …]
using RequestTag = std::vector<std::string>;

struct PaymentTransport {
    std::string type;   ///< "nostr" or "post"
    std::string target; ///< nprofile, npub or URL
    std::vector<RequestTag> tags;
};

/// The lock that the payee wants on the proofs (NUT-10 kinds).
struct LockOption {
    std::string kind;
    std::string data;
    std::vector<RequestTag> tags;
};

struct PaymentRequest {
    std::optional<std::string> id;
    std::optional<Amount> amount;
    std::optional<std::string> unit; ///< as written; required beside an amount
    std::optional<bool> single_use;
    std::vector<std::string> mints;
    std::optional<std::string> description;
    std::vector<PaymentTransport> transports; ///< none: in-band
    std::optional<LockOption> lock;
};

/// creqA… or creqB… (by its prefix). All failures are bad_input.
[[nodiscard]] Result<PaymentRequest> decode_payment_request(std::string_view text);
/// creqA, base64url without padding.
[[nodiscard]] std::string encode_payment_request(const PaymentRequest& request);

/// What the payer sends over the transport, as JSON. It passes the same checks as a token.
struct PaymentPayload {
    std::optional<std::string> id;
    Token token; ///< mint, unit, memo, proofs
};

[[nodiscard]] Result<PaymentPayload> decode_payment_payload(std::string_view json_text);
[[nodiscard]] std::string encode_payment_payload(const PaymentPayload& payload);

} // namespace berth::cashu
