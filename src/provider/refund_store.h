#pragma once
// Refunds as rows: money that a reply owes to a lease's owner. The wallet makes the tokens, each part under a payout
// key of its own, so that nothing is ever paid out twice; the reply with the tokens is kept and is the same for ever.

#include "cashu/amount.h"
#include "db/database.h"

#include <optional>
#include <string>
#include <vector>

namespace berth::provider {

/// What one mint owes.
struct RefundPart {
    std::string mint{};
    cashu::Unit unit = cashu::Unit::sat;
    cashu::Amount amount = 0;
};

struct Refund {
    std::string key{}; ///< "<reason>:<what it is for>"
    std::string lease{};
    std::optional<Bytes32> order{};     ///< whose reply carries it; none: the owner is told by itself
    std::string member{};               ///< of the body: "refund" or "change"
    std::string body{};                 ///< the reply without the money, a JSON object
    std::vector<RefundPart> parts{};    ///< none: nothing is owed, and the body alone is the reply
    bool announced = false;             ///< the owner was told before the tokens were there
    std::optional<std::string> reply{}; ///< once all tokens are made

    [[nodiscard]] std::string payout_key(size_t part) const { return key + "/" + std::to_string(part); }
};

class RefundStore {
public:
    explicit RefundStore(db::Database& database) : database_{database} {}

    [[nodiscard]] Result<void> migrate();

    [[nodiscard]] Result<void> insert(const Refund& refund);
    [[nodiscard]] Result<std::optional<Refund>> find(const std::string& key);
    [[nodiscard]] Result<std::optional<Refund>> find_by_payout(const std::string& payout_key);
    /// The one that ended this lease, if one did.
    [[nodiscard]] Result<std::optional<Refund>> find_final(const std::string& lease);
    [[nodiscard]] Result<void> mark_announced(const std::string& key);
    [[nodiscard]] Result<void> settle(const std::string& key, const std::string& reply);
    /// Without a reply yet.
    [[nodiscard]] Result<std::vector<Refund>> load_due();

private:
    db::Database& database_;
};

} // namespace berth::provider
