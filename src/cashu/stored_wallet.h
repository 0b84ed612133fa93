#pragma once
// The Wallet over SQLite and HTTP: joins keyset book, swap driver, scan, payouts, melts, sweeps, daily work and audits.
// Decides nothing by itself. What the provider asks is in stored_wallet.cpp, what the operator asks in
// stored_wallet_operations.cpp.

#include "cashu/counter_scan.h"
#include "cashu/maintenance.h"
#include "cashu/payouts.h"
#include "cashu/seed.h"
#include "cashu/wallet.h"
#include "cashu/wallet_audit.h"
#include "cashu/wallet_sweeps.h"

namespace berth::cashu {

class StoredWallet final : public Wallet {
public:
    StoredWallet(db::Database& database, net::Http& http, crypto::Random& random, SeedFile seed,
                 crypto::Scalar lock_key, WalletOptions options, Handlers handlers);

    /// Compares the database with the seed file: another seed is refused; an older copy, or a new database on an old
    /// seed, has its keysets scanned before the first output is made.
    [[nodiscard]] Result<void> adopt(UnixTime now);

    TokenCheck check(std::string_view token_text, UnixTime now) override;
    Result<RedemptionId> begin_redemption(const CheckedToken& token, UnixTime now) override;
    std::optional<RedemptionId> find_redemption(const std::vector<crypto::Point>& ys) override;
    std::optional<TokenRefusal> find_claim(const std::vector<crypto::Point>& ys) override;
    std::optional<Redeemed> outcome(RedemptionId id) override;
    Result<std::string> refund_token(RedemptionId id, UnixTime now) override;
    Result<void> release(RedemptionId id) override;
    void request_payout(const std::string& key, const std::string& mint, Unit unit, Amount amount,
                        UnixTime now) override;
    std::optional<std::string> find_payout(const std::string& key) override;
    void tick(UnixTime now) override;
    UnixTime next_due() const override;
    void start(UnixTime now) override;
    std::vector<MintStatus> status() const override;
    Msat balance() const override;
    std::string lock_key() const override;

    std::vector<Holding> holdings() const override;
    Result<RedemptionId> deposit(const CheckedToken& token, UnixTime now) override;
    Result<void> send(const SendOrder& order, UnixTime now) override;
    Result<void> pay_invoice(const InvoiceOrder& order, UnixTime now) override;
    Result<void> sweep(const SweepOrder& order, UnixTime now) override;
    std::optional<PaymentStatus> find_payment(const std::string& key) const override;
    std::vector<LedgerEntry> history(size_t count_max) const override;
    void restore(UnixTime now) override;
    RestoreStatus restore_status() const override;
    void audit(AuditScope scope, std::function<void(const AuditReport&)> done, UnixTime now) override;

private:
    [[nodiscard]] Result<RedemptionId> begin_swap(SwapKind kind, const CheckedToken& token, UnixTime now);
    void on_settled(const RedemptionRow& row);
    void on_refreshed(const std::string& mint);
    void on_scan_ended(const KeysetId& keyset, bool hits);
    [[nodiscard]] TokenCheck check_with_refresh(std::string_view text, TokenCheck checked, UnixTime now);
    [[nodiscard]] std::optional<TokenRefusal> refusal_of_mint(const CheckedToken& token, UnixTime now);
    /// Whether it would lead beyond WalletOptions::exposure_max.
    [[nodiscard]] bool is_too_much(const CheckedToken& token) const;
    /// The worth of what is reserved for this redemption, moved to other accounts.
    [[nodiscard]] Result<void> book_reserved(RedemptionId id, Movement movement, Account to, UnixTime now);
    /// A mint that was named, in whichever spelling, or the one with most free proofs. bad_input or refused.
    [[nodiscard]] Result<std::string> resolve_mint(const std::string& named, Unit unit) const;
    void scan_all_keysets(const std::string& mint, UnixTime now);
    void end_restore(const std::string& mint);
    void log_audit(const AuditReport& report) const;
    /// What only rows give rise to, in tick().
    void tick_rows(UnixTime now);
    /// Rows that were ever written over this connection: while it stands still, no row has changed.
    [[nodiscard]] int64_t rows_written() const;
    [[nodiscard]] UnixTime next_row_due() const;
    /// No row is due. Looked up once for each state of the rows: most batches write nothing, and nothing is due.
    [[nodiscard]] bool rows_are_quiet(UnixTime now) const;

    db::Database& database_;
    const WalletOptions options_;
    const Handlers handlers_;
    const crypto::Scalar lock_key_;
    SeedFile seed_;
    uint64_t committed_counters_ = 0; ///< their sum, as of the last batch
    bool mark_lags_ = false;          ///< until the next batch, the seed's counter mark is behind the rows
    int64_t ticked_at_ = -1;          ///< rows_written() before the last tick
    mutable int64_t looked_at_ = -1;  ///< rows_written() that row_due_ is of
    mutable UnixTime row_due_{};
    WalletStore store_;
    MintClient client_;
    KeysetBook book_;
    SwapDriver driver_;
    CounterScan scan_;
    Payouts payouts_;
    Melts melts_;
    Sweeps sweeps_;
    Maintenance maintenance_;
    Audits audits_;
    /// Mints that a restore asks, until all of their keysets are scanned. In memory: a scan itself survives a restart,
    /// only this list of what to report does not.
    std::set<std::string> restoring_;
    std::set<std::string> restore_reads_; ///< those of them whose keysets are being read
    std::vector<std::string> restore_problems_;
};

} // namespace berth::cashu
