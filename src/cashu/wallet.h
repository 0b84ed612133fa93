#pragma once
// The provider's wallet as the provider sees it: checks a token for free, redeems it through a saga that survives any
// crash (redeem.h), holds the proofs, and hands them back as refunds. Runs on its owner's thread, inside the
// owner's transactions; HTTP calls leave after COMMIT because the Http it is given holds them back until then.

#include "cashu/check.h"
#include "cashu/wallet_operations.h"
#include "crypto/random.h"
#include "db/database.h"
#include "net/http.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace berth::cashu {

/// What became of a redemption. Exactly one per redemption, in the transaction that also stores the proofs.
struct Redeemed {
    RedemptionId id = 0;
    bool received = false;
    Msat net;             ///< when received
    TokenRefusal refusal; ///< when not
    /// It was refused before, past its deadline, and then the mint executed it all the same: nobody counts on it any
    /// more, so it is owed back (refund_token).
    bool late = false;
};

struct MintOptions {
    std::string url;               ///< normalised
    bool practice_allowed = false; ///< whether a mint that says it is a practice mint is fine
};

struct WalletOptions {
    std::vector<MintOptions> mints;
    std::vector<Unit> units{Unit::sat, Unit::msat};
    uint64_t input_fee_ppk_max = 1000;
    size_t proofs_max = 256;
    bool require_dleq = false;
    size_t calls_in_flight_max = 64;                                         ///< per mint
    std::chrono::milliseconds redemption_deadline{std::chrono::minutes{10}}; ///< then an unspent token is given up
    std::function<UnixTime()> clock = wall_clock_now; ///< for answers, which arrive without a time of their own
    std::optional<Msat> exposure_max{};               ///< per mint: a token that would lead beyond it is refused
    SweepOptions sweep{};
    /// For a tool beside a stopped provider: what only the provider can follow up (customers' tokens, its own payouts)
    /// is left alone.
    bool operator_only = false;
};

/// State of one whitelisted mint, for the offer, `berth check` and the operator.
struct MintStatus {
    std::string url;
    bool known = false;    ///< info and keysets were read at least once (now or in an earlier run)
    bool suitable = false; ///< has NUT-07 and NUT-09, protects nothing we need, a keyset of an accepted unit
    bool practice = false;
    std::string problem; ///< empty if none
    Msat balance;
};

class Wallet : public WalletOperations {
public:
    struct Handlers {
        std::function<void(const Redeemed&)> on_redeemed;
        /// A refresh of this mint's keysets ended, well or not.
        std::function<void(const std::string& mint)> on_keysets;
        /// A payout's token is made, in the transaction that stores it. Not called when request_payout() itself
        /// made it.
        std::function<void(const std::string& key, const std::string& token)> on_payout;
        /// What running leases could still be owed at this mint: an automatic sweep leaves it there. May be empty.
        std::function<Msat(const std::string& mint)> held_back;
    };

    /// Migrates its tables, loads or creates the 12-word seed (`seed_file`, 0600), refuses a second process on one
    /// seed.
    [[nodiscard]] static Result<std::unique_ptr<Wallet>> create(db::Database& database, net::Http& http,
                                                                crypto::Random& random, const std::string& seed_file,
                                                                WalletOptions options, Handlers handlers);
    /// Everything that can be known without the mint, cheapest first (steps 1 to 10 of the checks; NUT-00, 02, 11, 12).
    [[nodiscard]] virtual TokenCheck check(std::string_view token_text, UnixTime now) = 0;

    /// In the caller's transaction: claims every Y, advances the counter, writes outputs and the exact request body;
    /// the swap is posted after COMMIT. conflict when a Y is held by another redemption.
    [[nodiscard]] virtual Result<RedemptionId> begin_redemption(const CheckedToken& token, UnixTime now) = 0;

    /// Which redemption holds these proofs, if they are exactly the ones of one redemption. For replies to repeated
    /// requests.
    [[nodiscard]] virtual std::optional<RedemptionId> find_redemption(const std::vector<crypto::Point>& ys) = 0;
    /// Why begin_redemption() would say conflict: another operation holds or has spent one of these proofs.
    [[nodiscard]] virtual std::optional<TokenRefusal> find_claim(const std::vector<crypto::Point>& /*ys*/)
    {
        return std::nullopt;
    }
    /// Already settled? For recovery at start.
    [[nodiscard]] virtual std::optional<Redeemed> outcome(RedemptionId id) = 0;

    /// In the caller's transaction: takes back the very proofs of one redemption, whole, as a V4 token. They must still
    /// be reserved for it (they are until release()). Asking again gives the same text.
    [[nodiscard]] virtual Result<std::string> refund_token(RedemptionId id, UnixTime now) = 0;
    /// In the caller's transaction: the proofs of this redemption are the provider's now (its lease runs).
    [[nodiscard]] virtual Result<void> release(RedemptionId id) = 0;

    /// Starts a payout of `amount` from this mint's proofs as a token, split by a swap when no exact proofs are there;
    /// `done` is told the token's text in a transaction of its own. `key` makes it idempotent: the same key gives the
    /// same token.
    virtual void request_payout(const std::string& key, const std::string& mint, Unit unit, Amount amount,
                                UnixTime now) = 0;
    [[nodiscard]] virtual std::optional<std::string> find_payout(const std::string& key) = 0;

    /// Does what is due: resends, checkstate, restore, refreshes.
    virtual void tick(UnixTime now) = 0;
    [[nodiscard]] virtual UnixTime next_due() const = 0;
    /// Begins from the rows: every unsettled redemption is driven on. Call once, after the handlers can be called.
    virtual void start(UnixTime now) = 0;

    [[nodiscard]] virtual std::vector<MintStatus> status() const = 0;
    /// Unspent and reserved proofs, all mints.
    [[nodiscard]] virtual Msat balance() const = 0;
    /// Compressed hex key that tokens may be locked to (NUT-11), derived from the seed.
    [[nodiscard]] virtual std::string lock_key() const = 0;
};

} // namespace berth::cashu
