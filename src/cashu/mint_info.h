#pragma once
// GET /v1/info (NUT-06): who a mint is and which NUTs it speaks. And the error body of every call.

#include "cashu/amount.h"

#include <optional>
#include <set>
#include <string>

namespace berth::cashu {

/// One entry of NUT-04 or NUT-05; units other than sat and msat are left out.
struct PaymentMethod {
    std::string method; ///< "bolt11"
    Unit unit = Unit::sat;
    std::optional<Amount> amount_min;
    std::optional<Amount> amount_max;
};

/// NUT-19.
struct ResponseCache {
    std::optional<uint64_t> ttl_seconds; ///< absent: for ever
    std::vector<std::string> paths;      ///< of POST endpoints, e.g. "/v1/swap"
};

struct MintInfo {
    std::string name;
    std::string pubkey;
    std::string version; ///< "Nutshell/0.20.3"
    std::string description;
    std::string motd;
    std::optional<uint64_t> time;       ///< the mint's clock, Unix seconds
    std::set<uint32_t> supported;       ///< NUTs with {"supported": true} (7 … 20)
    std::vector<PaymentMethod> minting; ///< NUT-04, empty when disabled
    std::vector<PaymentMethod> melting; ///< NUT-05, empty when disabled
    std::optional<ResponseCache> cache;
    std::optional<uint64_t> batch_quotes_max; ///< NUT-29
    std::vector<std::string> protected_paths; ///< NUT-21 and NUT-22
    bool practice = false;                    ///< member "practice" of ours: the money is not real
};

[[nodiscard]] Result<MintInfo> decode_mint_info(std::string_view json_text);
[[nodiscard]] std::string encode_mint_info(const MintInfo& info);

/// A mint's error body. Codes of deployed mints contradict each other: a code alone never decides where money is.
struct MintError {
    std::optional<uint64_t> code;
    std::string detail; ///< printable, at most 200 characters
};

/// Never fails: bodies that are no JSON object, or whose detail is no text, are quoted (shortened) as the detail.
[[nodiscard]] MintError decode_mint_error(std::string_view body);
[[nodiscard]] std::string encode_mint_error(uint64_t code, std::string_view detail);

/// Codes of the NUT registry that we send or look at.
namespace mint_error {
constexpr uint64_t kProofInvalid = 10001;
constexpr uint64_t kProofsSpent = 11001;
constexpr uint64_t kProofsPending = 11002;
constexpr uint64_t kOutputsSigned = 11003;
constexpr uint64_t kOutputsPending = 11004;
constexpr uint64_t kNotBalanced = 11005;
constexpr uint64_t kAmountOutOfRange = 11006;
constexpr uint64_t kDuplicateInputs = 11007;
constexpr uint64_t kDuplicateOutputs = 11008;
constexpr uint64_t kMixedUnits = 11009;
constexpr uint64_t kUnitMismatch = 11010;
constexpr uint64_t kUnitUnsupported = 11013;
constexpr uint64_t kTooManyInputs = 11014;
constexpr uint64_t kTooManyOutputs = 11015;
constexpr uint64_t kDuplicateQuotes = 11016;
constexpr uint64_t kKeysetUnknown = 12001;
constexpr uint64_t kKeysetInactive = 12002;
constexpr uint64_t kKeysetExpired = 12003;
constexpr uint64_t kQuoteNotPaid = 20001;
constexpr uint64_t kQuoteIssued = 20002;
constexpr uint64_t kMintingDisabled = 20003;
constexpr uint64_t kPaymentFailed = 20004;
constexpr uint64_t kQuotePending = 20005;
constexpr uint64_t kInvoicePaid = 20006;
constexpr uint64_t kQuoteExpired = 20007;
constexpr uint64_t kQuoteSignatureInvalid = 20008;
constexpr uint64_t kQuoteKeyRequired = 20009;
} // namespace mint_error

} // namespace berth::cashu
