#pragma once
// Drives the rows of melt.h: asks for quotes, sets proofs aside, makes blank outputs for the change, posts, and stores
// what each answer proves. Like SwapDriver it lives in its owner's transactions, and each step is a savepoint in them.

#include "cashu/in_flight.h"
#include "cashu/invoice.h"
#include "cashu/keyset_book.h"
#include "cashu/swap_outputs.h"

namespace berth::cashu {

/// Proofs whose worth after the fee for spending them is at least a target.
struct Coverage {
    std::vector<StoredProof> proofs;
    Amount gross = 0;
    Amount fee = 0;
};

class Melts {
public:
    Melts(db::Database& database, WalletStore& store, MintClient& client, KeysetBook& book, crypto::Secret seed,
          std::function<UnixTime()> clock);

    /// In the caller's transaction. The same key again changes nothing.
    [[nodiscard]] Result<void> begin(const InvoiceOrder& order, UnixTime now);
    [[nodiscard]] std::optional<PaymentStatus> find(const std::string& key) const;

    void tick(UnixTime now);
    [[nodiscard]] std::optional<UnixTime> next_due(UnixTime now) const;

    /// The largest that fit, then the smallest that makes it enough, so that little change comes back. refused when
    /// there is too little.
    [[nodiscard]] Result<Coverage> cover(const std::string& mint, Unit unit, Amount target) const;
    /// The fee for spending these (NUT-02).
    [[nodiscard]] Result<Amount> fee_of(const std::vector<StoredProof>& proofs) const;

private:
    /// Adds one; `fees` are those of all that are in already.
    [[nodiscard]] Result<void> include(Coverage& chosen, std::vector<uint64_t>& fees, StoredProof proof) const;
    [[nodiscard]] uint64_t input_fee_ppk(const KeysetId& id) const;

    void drive(const std::string& key, UnixTime now);
    void ask_quote(const MeltPayment& row);
    void post(MeltPayment row, UnixTime now);
    void check_inputs(const MeltPayment& row);
    void restore_change(const MeltPayment& row);

    void on_quote(const std::string& key, uint64_t mark, const MeltReply& reply);
    void on_melt(const std::string& key, uint64_t mark, const MeltReply& reply, MeltState asked_in);
    void on_states(const std::string& key, uint64_t mark, const Result<std::vector<ProofStateOf>>& reply);
    void on_restored(const std::string& key, uint64_t mark, const Result<RestoreReply>& reply);

    [[nodiscard]] Result<void> check_quote(const MeltPayment& row, const MeltQuote& quote) const;
    [[nodiscard]] Result<void> prepare(MeltPayment& row, const MeltQuote& quote, UnixTime now);
    /// Holds these proofs for it, makes the blank outputs, and writes the exact bytes to send.
    [[nodiscard]] Result<RedemptionId> set_aside(const MeltPayment& row, const Coverage& chosen, UnixTime now);
    [[nodiscard]] Result<void> apply(MeltPayment& row, const MeltRuling& ruling, const std::vector<Proof>& change);
    [[nodiscard]] Result<void> store_paid(MeltPayment& row, const std::vector<Proof>& change);
    [[nodiscard]] Result<void> store_failed(MeltPayment& row);
    /// The change behind the first blanks; nullopt unless every signature is good.
    [[nodiscard]] std::optional<std::vector<Proof>> read_change(const MeltPayment& row,
                                                                const std::vector<BlindSignature>& signatures);

    [[nodiscard]] bool step(const std::function<Result<void>()>& change);
    [[nodiscard]] std::optional<MeltPayment> take_answered(const std::string& key, uint64_t mark);

    db::Database& database_;
    WalletStore& store_;
    MintClient& client_;
    KeysetBook& book_;
    const crypto::Secret seed_;
    const std::function<UnixTime()> clock_;
    InFlight<std::string> in_flight_;
    UnixTime stalled_until_;
};

} // namespace berth::cashu
