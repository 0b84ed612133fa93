#pragma once
// The wallet's rows: keysets with their global counters, redemptions and payouts (both are "swaps" in the saga's
// sense), the outputs written ahead of each, proofs, and every Y ever claimed. SQL only: it decides nothing, and never
// opens or ends a transaction. Nothing of an operation's outputs is deleted, since a late answer may still need them.

#include "cashu/keyset.h"
#include "cashu/melt.h"
#include "cashu/redeem.h"
#include "cashu/token.h"
#include "cashu/wallet.h"
#include "cashu/wallet_ledger.h"

#include <optional>
#include <string>
#include <vector>

namespace berth::cashu {

enum class SwapKind {
    receive,  ///< a customer's token; its proofs stay reserved until release()
    payout,   ///< our proofs split, a part to be handed out
    deposit,  ///< the operator's token; its proofs are ours at once
    rotation, ///< our proofs to a better keyset
    melt,     ///< our proofs for an invoice: the row holds inputs and blank outputs, melts.h drives it
};

[[nodiscard]] constexpr bool takes_tokens(SwapKind kind)
{
    return kind == SwapKind::receive || kind == SwapKind::deposit;
}

/// What became of one set of outputs. `burnt`: the mint had signed them for an earlier use, so a scan owns them now.
enum class OutputsState { open, won, superseded, burnt };

enum class HoldingState {
    unspent,
    reserved, ///< received by a redemption whose lease does not run yet
    spending, ///< input of a payout's swap
    sent,     ///< handed out in a token
    returned, ///< sent, then paid back to us
    spent,
    quarantine, ///< the signature was doubtful; counted nowhere
};

/// One row of `redemption`: a receive, or a payout's swap.
struct RedemptionRow {
    RedemptionId id = 0;
    SwapKind kind = SwapKind::receive;
    std::string mint{};
    Unit unit = Unit::sat;
    Amount gross = 0;
    Amount fee = 0;
    std::string inputs_hash{}; ///< of the sorted Ys; operations with the same inputs share their recovery set
    std::string payout_key{};
    RedeemRow saga{};
    int64_t outputs_id = 0;             ///< the present set of outputs
    std::string request_body{};         ///< the exact bytes for the present outputs
    std::string last_error{};           ///< the mint's words, printable
    std::optional<UnixTime> watch_at{}; ///< ended, but late signatures are asked for until the keyset is gone
    std::optional<TokenRefusal> refusal{};
    std::string refund_token{};
};

struct StoredInput {
    crypto::Point y;
    Proof proof;
};

/// One output, as written before anything is sent.
struct StoredOutput {
    int64_t outputs_id = 0;
    int index = 0;
    KeysetId keyset{};
    uint64_t counter = 0;
    Amount amount = 0;
    std::string secret{};
    crypto::Scalar r;
    crypto::Point B_;
    bool to_send = false; ///< part of a payout's token, not change
};

struct StoredProof {
    crypto::Point y;
    std::string mint{};
    Unit unit = Unit::sat;
    Proof proof;
    HoldingState state = HoldingState::unspent;
    RedemptionId owner = 0; ///< the operation that made, reserved or spends it
};

struct KeysetRow {
    Keyset keyset;
    std::string mint{};
    UnixTime read_at{};
};

struct ScanRow {
    KeysetId keyset{};
    std::string mint{};
    uint64_t next_counter = 0;
    int empty_batches = 0;
    std::optional<uint64_t> highest_hit{};
    bool hits = false; ///< something was found that no row knew
    int failures = 0;
    UnixTime due_at{};
};

struct PayoutRow {
    std::string key{};
    std::string mint{};
    Unit unit = Unit::sat;
    Amount amount = 0;
    std::optional<RedemptionId> redemption{};
    std::string token{}; ///< empty until it is made
    UnixTime due_at{};
};

/// One invoice to be paid.
struct MeltPayment {
    std::string key{};
    std::string mint{};
    Unit unit = Unit::sat;
    std::string invoice{};
    Bytes32 payment_hash{};
    std::string quote{}; ///< empty until the mint gave one
    Amount amount = 0;
    Amount fee_reserve = 0;
    MeltRow saga{};
    RedemptionId redemption = 0; ///< of kind melt, once inputs and blanks are written
    Amount change = 0;           ///< when paid
    std::string preimage{};
    std::string problem{}; ///< why it failed, or the mint's latest words; printable
};

class WalletStore {
public:
    explicit WalletStore(db::Database& database) : database_{database}, ledger_{database} {}

    [[nodiscard]] static Result<void> migrate(db::Database& database);

    [[nodiscard]] Ledger& ledger() { return ledger_; }
    [[nodiscard]] const Ledger& ledger() const { return ledger_; }

    // Settings.
    [[nodiscard]] std::string setting(const char* name) const;
    [[nodiscard]] Result<void> set_setting(const char* name, std::string_view value);

    // What speaks against a mint; a text each, empty while nothing does.
    enum class MintFault {
        signatures, ///< bad or missing ones; until an operation succeeds
        keysets,    ///< it no longer lists one that it signed with; until it does again
        seed,       ///< it signed outputs that this wallet never asked for; until a restore
    };
    [[nodiscard]] Result<void> set_mint_fault(const std::string& mint, MintFault fault, std::string_view text);
    /// The gravest.
    [[nodiscard]] std::string mint_fault(const std::string& mint) const;

    // Mints and keysets.
    [[nodiscard]] std::string mint_info(const std::string& mint) const; ///< JSON; empty if never read
    [[nodiscard]] Result<void> set_mint_info(const std::string& mint, std::string_view info, UnixTime now);
    [[nodiscard]] std::vector<KeysetRow> keysets(const std::string& mint) const; ///< every key is a point to compute
    /// The latest of this mint's; nullopt if it has none.
    [[nodiscard]] std::optional<UnixTime> keysets_read_at(const std::string& mint) const;
    [[nodiscard]] std::vector<Unit> active_units(const std::string& mint) const;
    [[nodiscard]] std::optional<KeysetRow> keyset(const KeysetId& id) const;
    [[nodiscard]] std::vector<KeysetId> all_keyset_ids() const;
    /// Whether outputs were ever made on it.
    [[nodiscard]] bool is_keyset_used(const KeysetId& id) const;
    /// Changes whenever a keyset or a mint's info does; cheap.
    [[nodiscard]] std::string keysets_fingerprint() const;
    /// New, or `active`, fee and time of a known one.
    [[nodiscard]] Result<void> put_keyset(const KeysetRow& row);
    /// The first of `count` counters that nobody else gets. conflict for an unknown keyset.
    [[nodiscard]] Result<uint64_t> take_counters(const KeysetId& id, size_t count);
    [[nodiscard]] Result<void> raise_counter(const KeysetId& id, uint64_t at_least);
    [[nodiscard]] uint64_t counter_sum() const;

    // Scans.
    [[nodiscard]] std::optional<ScanRow> scan(const KeysetId& id) const;
    [[nodiscard]] std::vector<ScanRow> scans() const;
    [[nodiscard]] Result<void> put_scan(const ScanRow& row);
    [[nodiscard]] Result<void> delete_scan(const KeysetId& id);

    // Redemptions.
    [[nodiscard]] Result<RedemptionId> add_redemption(const RedemptionRow& row);
    [[nodiscard]] Result<void> put_redemption(const RedemptionRow& row);
    [[nodiscard]] std::optional<RedemptionRow> redemption(RedemptionId id) const;
    [[nodiscard]] std::vector<RedemptionId> due_redemptions(UnixTime now) const; ///< open swaps, longest due first
    [[nodiscard]] std::vector<RedemptionId> open_redemptions() const;            ///< swaps
    [[nodiscard]] std::vector<RedemptionId> due_watches(UnixTime now) const;
    /// The soonest due_at or watch_at later than `after`.
    [[nodiscard]] std::optional<UnixTime> next_due_after(UnixTime after) const;
    [[nodiscard]] std::optional<RedemptionId> find_by_inputs(const std::string& inputs_hash) const;

    // Inputs and outputs of an operation.
    [[nodiscard]] Result<void> add_inputs(RedemptionId id, const std::vector<StoredInput>& inputs);
    [[nodiscard]] std::vector<StoredInput> inputs(RedemptionId id) const;
    [[nodiscard]] Result<int64_t> add_outputs(RedemptionId id, std::vector<StoredOutput> outputs);
    [[nodiscard]] Result<void> set_outputs_state(int64_t outputs_id, OutputsState state);
    /// The outputs of every unburnt set that was ever sent with these inputs, set by set; the newest that fit into one
    /// request, if there are more.
    [[nodiscard]] std::vector<StoredOutput> recovery_outputs(const std::string& inputs_hash) const;
    [[nodiscard]] std::vector<StoredOutput> outputs(int64_t outputs_id) const;
    /// Whether a set of outputs other than a burnt one holds this B_.
    [[nodiscard]] bool output_is_known(const crypto::Point& B_) const;
    [[nodiscard]] Result<void> keep_raw_answer(RedemptionId id, std::string_view body);

    /// conflict when another operation holds the Y, or the proof is our own and was never handed out.
    [[nodiscard]] Result<void> claim(const crypto::Point& y, RedemptionId id);
    [[nodiscard]] std::optional<RedemptionId> claimed_by(const crypto::Point& y) const;
    [[nodiscard]] Result<void> release_claims(RedemptionId id);
    [[nodiscard]] Result<void> claim_again(RedemptionId id);

    // Proofs.
    /// True when it was new.
    [[nodiscard]] Result<bool> add_proof(const StoredProof& proof);
    [[nodiscard]] std::vector<StoredProof> proofs_of(RedemptionId owner, HoldingState state) const;
    [[nodiscard]] std::vector<StoredProof> unspent_proofs(const std::string& mint, Unit unit) const;
    [[nodiscard]] Result<void> set_proof_state(const crypto::Point& y, HoldingState state, RedemptionId owner);
    [[nodiscard]] std::optional<HoldingState> proof_state(const crypto::Point& y) const;
    [[nodiscard]] std::vector<StoredProof> proofs_in(const std::string& mint, HoldingState state,
                                                     size_t newest_max) const;
    /// Worth of the proofs that are unspent, reserved or being spent, by mint, unit and state.
    struct Holdings {
        std::string mint;
        Unit unit = Unit::sat;
        HoldingState state = HoldingState::unspent;
        Amount amount = 0;
    };
    [[nodiscard]] std::vector<Holdings> holdings() const;
    /// What open receives at this mint may still bring.
    [[nodiscard]] Msat expected(const std::string& mint) const;
    /// All proofs of `owner` in state `from`.
    [[nodiscard]] Result<void> move_proofs(RedemptionId owner, HoldingState from, HoldingState to);
    [[nodiscard]] Msat balance(const std::optional<std::string>& mint) const;

    // Payouts.
    [[nodiscard]] Result<void> add_payout(const PayoutRow& row);
    [[nodiscard]] Result<void> put_payout(const PayoutRow& row);
    /// Those that no swap is under way for are due by now: proofs came in that may be enough.
    [[nodiscard]] Result<void> hurry_payouts(const std::string& mint, Unit unit, UnixTime now);
    [[nodiscard]] std::optional<PayoutRow> payout(const std::string& key) const;
    [[nodiscard]] std::vector<std::string> due_payouts(UnixTime now) const; ///< those that no swap is under way for
    /// Those whose swap ended while their token was not stored.
    [[nodiscard]] std::vector<std::string> unfinished_payouts() const;
    [[nodiscard]] std::vector<PayoutRow> finished_payouts(size_t newest_max) const;
    /// What payouts that no proofs are set aside for yet will take.
    [[nodiscard]] Amount waiting_payouts(const std::string& mint, Unit unit) const;

    // Melts.
    /// conflict when another payment of the same invoice is under way or was made.
    [[nodiscard]] Result<void> add_melt(const MeltPayment& row);
    [[nodiscard]] Result<void> put_melt(const MeltPayment& row);
    [[nodiscard]] std::optional<MeltPayment> melt(const std::string& key) const;
    [[nodiscard]] std::vector<std::string> due_melts(UnixTime now) const;
    [[nodiscard]] std::optional<UnixTime> next_melt_due() const;
    [[nodiscard]] std::vector<MeltPayment> paid_melts(size_t newest_max) const;

    /// For the audit.
    [[nodiscard]] std::vector<RedemptionId> done_redemptions(RedemptionId after, size_t newest_max) const;

private:
    db::Database& database_;
    Ledger ledger_;
};

} // namespace berth::cashu
