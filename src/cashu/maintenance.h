#pragma once
// The wallet's daily work: reads every mint's keysets again and moves proofs out of those that are inactive or near
// their expiry, after which a mint may forget what it signed (NUT-02); many small ones become few. One swap at a time
// per mint.

#include "cashu/swap_driver.h"

#include <set>

namespace berth::cashu {

class Maintenance {
public:
    Maintenance(WalletStore& store, KeysetBook& book, SwapDriver& driver, const WalletOptions& options,
                std::function<void(UnixTime now)> reconcile);

    void tick(UnixTime now);
    [[nodiscard]] std::optional<UnixTime> next_due() const;
    /// Its keysets were read, well or not.
    void on_refreshed(const std::string& mint, UnixTime now);
    void on_settled(const RedemptionRow& row, UnixTime now);

private:
    /// Proofs of one keyset, to be swapped together.
    struct Move {
        std::optional<Keyset> keyset{};
        std::vector<StoredInput> inputs{};
        std::vector<uint64_t> fees{};
        Amount gross = 0;
    };

    void rotate(const std::string& mint, Unit unit, UnixTime now);
    /// False when it is not worth it, or can't be begun now.
    [[nodiscard]] bool begin(const std::string& mint, Unit unit, Move move, UnixTime now);
    /// Into half as many proofs or fewer: a merge that saves none would be repeated, for its fee, without end.
    [[nodiscard]] bool halves(const std::string& mint, Unit unit, const Move& move, UnixTime now);
    [[nodiscard]] bool must_leave(const Keyset& keyset, UnixTime now) const;
    [[nodiscard]] bool is_worth_its_fee(const Keyset& keyset, Amount gross, Amount fee, UnixTime now) const;

    WalletStore& store_;
    KeysetBook& book_;
    SwapDriver& driver_;
    const std::vector<Unit> units_;
    std::vector<std::string> mints_;
    std::function<void(UnixTime now)> reconcile_;
    std::set<std::string> waiting_; ///< mints whose keysets are being read for this
    std::optional<UnixTime> due_at_;
    const bool is_on_;
};

} // namespace berth::cashu
