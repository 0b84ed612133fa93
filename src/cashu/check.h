#pragma once
// Judges an incoming token by everything that can be known without asking its mint (NUT-00, 02, 11, 12), cheapest
// check first. Pure: what is known of the mints is an argument.

#include "cashu/conditions.h"

namespace berth::cashu {

/// Why a token is refused, in terms that map one to one to the marketplace's error types.
enum class TokenFault {
    invalid,    ///< malformed, locked to somebody else, bad DLEQ, unknown keyset …
    wrong_mint, ///< not on the whitelist
    unsupported_unit,
    worthless, ///< the fee eats it
    already_spent,
    pending,          ///< another request holds it, or the mint says so
    mint_unavailable, ///< its keysets are not known yet and the mint can't be asked now; or past the deadline
    mint_refused,     ///< a definitive no with the inputs proven unspent
};

struct TokenRefusal {
    TokenFault fault = TokenFault::invalid;
    std::string message; ///< fit for the sender
};

/// A token that passed every check that needs no network. Value after the mint's fee.
struct CheckedToken {
    std::string mint; ///< whitelist entry
    Unit unit = Unit::sat;
    Amount gross = 0;
    Amount fee = 0;
    Msat net;
    bool locked_to_us = true;      ///< nobody else can spend any of its proofs now (NUT-11)
    std::vector<Proof> proofs;     ///< with full keyset ids
    std::vector<crypto::Point> ys; ///< hash_to_curve of each secret, same order
};

/// Either a checked token, or why not, or "ask again once the mint's keysets arrived".
struct TokenCheck {
    std::optional<CheckedToken> token;
    std::optional<TokenRefusal> refusal;
    bool keysets_needed = false; ///< a refresh or scan is under way; on_keysets is called when it ended
};

/// A whitelisted mint as far as it is known.
struct KnownMint {
    std::string url;             ///< normalised
    std::vector<Keyset> keysets; ///< with keys, ids verified, active or not
    bool enforces_p2pk = true;   ///< announces NUT-11; else locks are no locks
};

struct CheckOptions {
    std::vector<Unit> units{Unit::sat, Unit::msat};
    uint64_t input_fee_ppk_max = 1000;
    size_t proofs_max = 256;
    bool require_dleq = false;
    std::chrono::seconds expiry_margin{24 * 3600}; ///< keysets that expire sooner are refused
};

struct CheckContext {
    const std::vector<KnownMint>& whitelist;
    std::optional<crypto::Scalar> lock_key; ///< ours (NUT-11)
    int64_t now = 0;                        ///< Unix seconds
    CheckOptions options;
};

/// keysets_needed is set instead of a refusal when the mint is whitelisted but a keyset of the token is not known: the
/// caller decides whether a refresh is due.
[[nodiscard]] TokenCheck check_token(std::string_view text, const CheckContext& context);
/// The same for a token that came in another form (NUT-18 payload).
[[nodiscard]] TokenCheck check_token(const Token& token, const CheckContext& context);

} // namespace berth::cashu
