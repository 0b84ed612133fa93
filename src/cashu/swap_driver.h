#pragma once
// Drives the rows of redeem.h: makes outputs, posts, checks, restores, and stores what each answer proves. Serves both
// receives and payouts. It never opens a transaction: its owner's holds every step, and each step is a savepoint in it.

#include "cashu/in_flight.h"
#include "cashu/keyset_book.h"
#include "cashu/swap_outputs.h"

namespace berth::cashu {

/// A swap to be begun.
struct SwapPlan {
    SwapKind kind = SwapKind::receive;
    std::string mint{};
    Unit unit = Unit::sat;
    std::vector<StoredInput> inputs{};
    Amount gross = 0;
    Amount fee = 0;
    Amount to_send = 0; ///< payouts: part of the outputs that is handed out
    std::string payout_key{};
};

class SwapDriver {
public:
    struct Events {
        /// An operation ended; its rows are written already.
        std::function<void(const RedemptionRow&)> on_settled;
    };

    SwapDriver(db::Database& database, WalletStore& store, MintClient& client, KeysetBook& book, crypto::Random& random,
               crypto::Secret seed, crypto::Scalar lock_key, const WalletOptions& options, Events events);

    /// Writes the whole operation and claims its inputs; drive() then posts it. Whole or not at all.
    [[nodiscard]] Result<RedemptionId> begin(SwapPlan plan, UnixTime now);
    /// The next step of one operation, if it is due and the mint may be asked now.
    void drive(RedemptionId id, UnixTime now);
    void drive_due(UnixTime now);
    /// When drive_due() can do something again, in-flight calls and full mints aside.
    [[nodiscard]] std::optional<UnixTime> next_due(UnixTime now) const;
    /// The scan of this keyset's counters ended.
    void on_scan_ended(const KeysetId& keyset, bool hits);

private:
    struct Outputs {
        std::vector<StoredOutput> outputs;
        std::string request_body;
    };

    [[nodiscard]] Result<Outputs> prepare(const SwapPlan& plan, UnixTime now);
    [[nodiscard]] Result<void> write(RedemptionRow& row, const Outputs& outputs);
    [[nodiscard]] Result<RedemptionId> begin_now(const SwapPlan& plan, UnixTime now);
    [[nodiscard]] Result<void> renew(RedemptionRow& row, UnixTime now);

    void post(RedemptionRow row, UnixTime now);
    void check_inputs(const RedemptionRow& row);
    void restore_outputs(const RedemptionRow& row);
    void watch(RedemptionId id, UnixTime now);

    void on_swap(RedemptionId id, uint64_t mark, const SwapReply& reply);
    void on_states(RedemptionId id, uint64_t mark, const Result<std::vector<ProofStateOf>>& reply);
    void on_restored(RedemptionId id, uint64_t mark, const Result<RestoreReply>& reply);
    void on_watched(RedemptionId id, uint64_t mark, const Result<RestoreReply>& reply);

    /// What a restore answer gives for this operation; on `all` and `some`, `proofs` are those that verify.
    struct Restored {
        RestoreAnswer answer = RestoreAnswer::failed;
        int64_t outputs_id = 0;
        std::vector<StoredOutput> outputs;
        std::vector<Proof> proofs;
    };
    [[nodiscard]] Restored read_restored(const RedemptionRow& row, const Result<RestoreReply>& reply);

    [[nodiscard]] Result<void> apply(RedemptionRow& row, const RedeemRuling& ruling, UnixTime now);
    [[nodiscard]] Result<void> apply_end(RedemptionRow& row, RedeemVerdict verdict, UnixTime now);
    [[nodiscard]] Result<void> start_scan(const RedemptionRow& row, UnixTime now);
    [[nodiscard]] Result<void> store_proofs(const RedemptionRow& row, const std::vector<StoredOutput>& outputs,
                                            const std::vector<Proof>& proofs, HoldingState state);
    /// Books: what the operation moves when it begins, when it succeeded, and when it did not.
    [[nodiscard]] Result<void> book_begin(const RedemptionRow& row, UnixTime now);
    [[nodiscard]] Result<void> book_done(const RedemptionRow& row, UnixTime now);
    [[nodiscard]] Result<void> book_undone(const RedemptionRow& row, UnixTime now);
    [[nodiscard]] Result<void> note_foreign_use(const RedemptionRow& row);
    [[nodiscard]] Result<void> keep_late(RedemptionRow& row, const Restored& restored, UnixTime now);
    /// Whether this process may follow up what becomes of it.
    [[nodiscard]] bool is_ours(const RedemptionRow& row) const;
    [[nodiscard]] Result<void> settle_partly_spent_payout(const RedemptionRow& row,
                                                          const std::vector<ProofStateOf>& states);
    [[nodiscard]] RedeemLimits limits_of(const RedemptionRow& row) const;

    /// Runs one step whole or not at all; on failure the row stays as it was, and nothing is tried for some seconds.
    [[nodiscard]] bool step(const std::function<Result<void>()>& change);
    [[nodiscard]] std::optional<RedemptionRow> take_answered(RedemptionId id, uint64_t mark);

    db::Database& database_;
    WalletStore& store_;
    MintClient& client_;
    KeysetBook& book_;
    crypto::Random& random_;
    const crypto::Secret seed_;
    const crypto::Scalar lock_key_;
    const std::function<UnixTime()> clock_;
    const RedeemLimits limits_;
    const uint64_t input_fee_ppk_max_;
    const bool operator_only_;
    const Events events_;
    InFlight<RedemptionId> in_flight_;
    UnixTime stalled_until_;
};

} // namespace berth::cashu
