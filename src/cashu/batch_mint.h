#pragma once
// Minting several quotes of one payment method at once (NUT-29): all of them, or none.

#include "cashu/mint_quotes.h"

namespace berth::cashu {

/// More quotes than this make no batch, for us.
constexpr size_t kBatchQuotesMax = 100;

/// POST /v1/mint/quote/bolt11/check; answered by an array of quotes in the same order.
[[nodiscard]] std::string encode_quote_check(const std::vector<std::string>& quotes);
/// bad_input when a list of quotes is empty or longer than kBatchQuotesMax.
[[nodiscard]] Result<std::vector<std::string>> decode_quote_check(std::string_view json_text);
[[nodiscard]] std::string encode_mint_quotes(const std::vector<MintQuote>& quotes);

/// POST /v1/mint/bolt11/batch; answered by signatures (mint_api.h).
struct BatchMintRequest {
    std::vector<std::string> quotes;
    std::optional<std::vector<Amount>> quote_amounts; ///< what the wallet expects of each quote
    std::vector<BlindedMessage> outputs;              ///< of all quotes together
    /// One per quote, over all outputs (sign_mint_quote); absent for a quote without a key, and as a whole when no
    /// quote has one.
    std::optional<std::vector<std::optional<Bytes64>>> signatures;
};
[[nodiscard]] std::string encode_batch_mint_request(const BatchMintRequest& request);
/// bad_input as for decode_quote_check, and when another list is not as long as that of the quotes.
[[nodiscard]] Result<BatchMintRequest> decode_batch_mint_request(std::string_view json_text);

[[nodiscard]] bool has_duplicate(std::vector<std::string> quotes);

} // namespace berth::cashu
