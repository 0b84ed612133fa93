#pragma once
// Tokens handed out: exact proofs when there are some, else a split by a swap with the same write-ahead discipline as
// a receive. One token per key, for ever.

#include "cashu/swap_driver.h"

namespace berth::cashu {

class Payouts {
public:
    Payouts(db::Database& database, WalletStore& store, KeysetBook& book, SwapDriver& driver, bool operator_only,
            std::function<void(const std::string& key, const std::string& token)> on_token);

    void request(const std::string& key, const std::string& mint, Unit unit, Amount amount, UnixTime now);
    /// A payout's swap ended.
    void on_settled(const RedemptionRow& row, UnixTime now);
    void tick(UnixTime now);

private:
    [[nodiscard]] Result<void> attempt(PayoutRow& payout, UnixTime now);
    [[nodiscard]] Result<void> hand_out_held(PayoutRow& payout, const std::vector<StoredProof>& proofs, UnixTime now);
    [[nodiscard]] Result<void> hand_out(PayoutRow& payout, const std::vector<StoredProof>& proofs);
    void try_now(PayoutRow payout, UnixTime now);

    db::Database& database_;
    WalletStore& store_;
    KeysetBook& book_;
    SwapDriver& driver_;
    const bool operator_only_;
    std::function<void(const std::string& key, const std::string& token)> on_token_;
};

/// The V4 text of these proofs.
[[nodiscard]] std::string make_token_text(const std::string& mint, Unit unit, const std::vector<StoredProof>& proofs);

/// Few proofs that sum up to `amount` or little more, the smallest left out; empty when all are less.
[[nodiscard]] std::vector<StoredProof> select_covering(const std::vector<StoredProof>& ascending, Amount amount);

/// Proofs that sum up to exactly `amount`, found greedily from the largest; empty if that fails.
[[nodiscard]] std::vector<StoredProof> select_exact(const std::vector<StoredProof>& ascending, Amount amount);

} // namespace berth::cashu
