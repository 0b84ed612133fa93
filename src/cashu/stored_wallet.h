#pragma once
// The Wallet over SQLite and HTTP: joins keyset book, swap driver, scan and payouts. Decides nothing by itself.

#include "cashu/counter_scan.h"
#include "cashu/payouts.h"
#include "cashu/seed.h"
#include "cashu/wallet.h"

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

private:
    void on_settled(const RedemptionRow& row);
    void on_refreshed(const std::string& mint);
    [[nodiscard]] TokenCheck check_with_refresh(std::string_view text, TokenCheck checked, UnixTime now);
    [[nodiscard]] std::optional<TokenRefusal> refusal_of_mint(const CheckedToken& token, UnixTime now);

    const WalletOptions options_;
    const Handlers handlers_;
    const crypto::Scalar lock_key_;
    SeedFile seed_;
    WalletStore store_;
    MintClient client_;
    KeysetBook book_;
    SwapDriver driver_;
    CounterScan scan_;
    Payouts payouts_;
};

} // namespace berth::cashu
