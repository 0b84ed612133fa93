#pragma once
// The recovery scan (NUT-13): asks a mint for everything it ever signed with this seed on one keyset, keeps what is
// unspent, and moves the counter behind it. While a scan's row exists no new outputs are made on that keyset.

#include "cashu/keyset_book.h"
#include "cashu/swap_outputs.h"

#include <set>

namespace berth::cashu {

class CounterScan {
public:
    /// `on_ended` is told whether anything was found that no row knew.
    CounterScan(db::Database& database, WalletStore& store, MintClient& client, KeysetBook& book, crypto::Secret seed,
                std::function<UnixTime()> clock, std::function<void(const KeysetId&, bool hits)> on_ended);

    void tick(UnixTime now);
    [[nodiscard]] std::optional<UnixTime> next_due(UnixTime now) const;

private:
    void fetch_batch(const ScanRow& scan);
    void on_batch(const KeysetId& id, const std::vector<StoredOutput>& batch, const Result<RestoreReply>& reply);
    void on_states(const KeysetId& id, ScanRow scan, const std::vector<Proof>& proofs,
                   const Result<std::vector<ProofStateOf>>& reply);
    [[nodiscard]] Result<void> keep(const StoredProof& proof);
    void advance(ScanRow scan, const std::vector<StoredProof>& found);
    void retry(ScanRow scan);

    db::Database& database_;
    WalletStore& store_;
    MintClient& client_;
    KeysetBook& book_;
    const crypto::Secret seed_;
    std::function<UnixTime()> clock_;
    std::function<void(const KeysetId&, bool hits)> on_ended_;
    std::set<KeysetId> in_flight_;
};

} // namespace berth::cashu
