#pragma once
// A wallet of two verbs for demo and tests: draw a token from a practice mint, prove that a token is spendable.
// Keeps nothing, so it is no place for real money.

#include "cashu/amount.h"
#include "net/http_client.h"

#include <string>

namespace berth::local {

/// Asks for a quote, which a practice mint pays itself, mints, and gives a V4 token with DLEQ. Blocks.
[[nodiscard]] Result<std::string> mint_token(net::HttpClient& http, const std::string& mint_url, cashu::Amount amount,
                                             cashu::Unit unit = cashu::Unit::sat);

/// Swaps the token's proofs for new ones, which are then forgotten, and says what they were worth after the fee.
/// Failures carry the mint's own words. Blocks.
[[nodiscard]] Result<cashu::Amount> redeem_token(net::HttpClient& http, const std::string& mint_url,
                                                 const std::string& token);

} // namespace berth::local
