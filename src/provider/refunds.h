#pragma once
// Gives money back that no redemption holds aside: the unused time of a stopped or evicted lease, and change. A refund
// begins in the transaction that ends the time it is for. Its tokens may need a mint, and a mint may be away: the owner
// then hears after some seconds that the money is due, and once more when it is there.

#include "cashu/wallet.h"
#include "provider/failure_sink.h"
#include "provider/order_store.h"
#include "provider/refund_store.h"

#include <functional>
#include <map>

namespace berth::provider {

class Refunds {
public:
    /// Carries a refund's present text to its owner: the reply, or what is due while there is none.
    using Tell = std::function<void(const Refund&, const std::string& body)>;

    Refunds(RefundStore& store, cashu::Wallet& wallet, FailureSink& failures, Tell tell)
        : store_{store}, wallet_{wallet}, failures_{failures}, tell_{std::move(tell)}
    {
    }

    /// Takes up the rows again, after a restart.
    void load(UnixTime now);
    /// Once per key.
    void begin(const Refund& refund, UnixTime now);
    void on_payout(const std::string& payout_key);
    /// Says what is due where the mint takes too long.
    void tick(UnixTime now);
    [[nodiscard]] UnixTime next_due() const;

private:
    [[nodiscard]] bool finish(Refund refund);

    RefundStore& store_;
    cashu::Wallet& wallet_;
    FailureSink& failures_;
    Tell tell_;
    std::map<std::string, UnixTime> patience_; ///< refunds that nobody was told of yet
};

/// What of `owed` each payment gives back, the newest payment first, in whole units of its mint. What is less than a
/// unit stays.
[[nodiscard]] std::vector<RefundPart> share_out(cashu::Msat owed, const std::vector<Credit>& newest_first);

/// The refund's body with its money in it: tokens where there are some, else as due. `tokens` is empty or one a part.
[[nodiscard]] std::string with_money(const Refund& refund, const std::vector<std::string>& tokens);

} // namespace berth::provider
