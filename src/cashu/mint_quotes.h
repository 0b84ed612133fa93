#pragma once
// Minting and melting over Lightning (NUT-04, 05, 23): quotes, their locks (NUT-20) and blank outputs (NUT-08).

#include "cashu/mint_api.h"

namespace berth::cashu {

enum class QuoteState { unpaid, pending, paid, issued };

/// POST /v1/mint/quote/bolt11
struct MintQuoteRequest {
    Amount amount = 0;
    Unit unit = Unit::sat;
    std::optional<std::string> description;
    std::optional<crypto::Point> pubkey; ///< NUT-20
};
struct MintQuote {
    std::string quote;   ///< who knows it can mint, unless a pubkey was given
    std::string request; ///< invoice
    std::optional<Amount> amount;
    std::optional<Unit> unit;
    QuoteState state = QuoteState::unpaid;
    std::optional<int64_t> expiry; ///< Unix seconds
    std::optional<crypto::Point> pubkey;
};
[[nodiscard]] std::string encode_mint_quote_request(const MintQuoteRequest& request);
[[nodiscard]] Result<MintQuoteRequest> decode_mint_quote_request(std::string_view json_text);
[[nodiscard]] std::string encode_mint_quote(const MintQuote& quote);
[[nodiscard]] Result<MintQuote> decode_mint_quote(std::string_view json_text);

/// POST /v1/mint/bolt11; answered by signatures (mint_api.h).
struct MintRequest {
    std::string quote;
    std::vector<BlindedMessage> outputs;
    std::optional<Bytes64> signature; ///< NUT-20
};
[[nodiscard]] std::string encode_mint_request(const MintRequest& request);
[[nodiscard]] Result<MintRequest> decode_mint_request(std::string_view json_text);

/// The text that a quote's key signs (NUT-20, and NUT-29 per quote over all outputs).
[[nodiscard]] std::string mint_quote_message(std::string_view quote, const std::vector<BlindedMessage>& outputs);
[[nodiscard]] Bytes64 sign_mint_quote(std::string_view quote, const std::vector<BlindedMessage>& outputs,
                                      const crypto::Scalar& key, crypto::Random& random);
[[nodiscard]] bool verify_mint_quote(std::string_view quote, const std::vector<BlindedMessage>& outputs,
                                     const crypto::Point& pubkey, const Bytes64& signature);

/// POST /v1/melt/quote/bolt11
struct MeltQuoteRequest {
    std::string request; ///< invoice
    Unit unit = Unit::sat;
};
/// The quote, and the answer to the melt itself.
struct MeltQuote {
    std::string quote;
    std::optional<std::string> request;
    Amount amount = 0;
    Amount fee_reserve = 0;
    std::optional<Unit> unit;
    QuoteState state = QuoteState::unpaid; ///< never issued
    std::optional<int64_t> expiry;
    std::optional<std::string> payment_preimage;
    std::vector<BlindSignature> change; ///< NUT-08, belongs to the first blank outputs
};
[[nodiscard]] std::string encode_melt_quote_request(const MeltQuoteRequest& request);
[[nodiscard]] Result<MeltQuoteRequest> decode_melt_quote_request(std::string_view json_text);
[[nodiscard]] std::string encode_melt_quote(const MeltQuote& quote);
[[nodiscard]] Result<MeltQuote> decode_melt_quote(std::string_view json_text);

/// POST /v1/melt/bolt11
struct MeltRequest {
    std::string quote;
    std::vector<Proof> inputs;
    std::vector<BlindedMessage> outputs; ///< blank
    bool prefer_async = false;
};
[[nodiscard]] std::string encode_melt_request(const MeltRequest& request);
[[nodiscard]] Result<MeltRequest> decode_melt_request(std::string_view json_text);

/// Whether a mint's quote id can stand in a path as it is: letters, digits, '-', '_' and '.', at most 128.
[[nodiscard]] bool is_quote_id(std::string_view quote);

/// How many blank outputs can hold any change up to `change_max` (NUT-08): max(1, bits of change_max − 1), 0 for 0.
[[nodiscard]] size_t blank_output_count(Amount change_max);

} // namespace berth::cashu
