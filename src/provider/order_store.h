#pragma once
// Orders and the requests that ask for them.
//
// An order is one payment for one thing: a spawn or a top-up, named by a key made of sender, kind, target and the set
// of proofs. Whatever arrives again under the same key, in whatever event and over either transport, is the same order:
// one redemption, one lease, and the same reply body for every request event.

#include "cashu/amount.h"
#include "db/database.h"
#include "nostr/direct_message.h"
#include "util/time.h"

#include <optional>
#include <string>
#include <vector>

namespace berth::provider {

enum class OrderKind { spawn, top_up };

struct Order {
    Bytes32 key{};
    OrderKind kind = OrderKind::spawn;
    std::string owner; ///< sender, hex
    std::string lease; ///< lease id
    int64_t redemption = 0;
    std::string mint{};
    cashu::Unit unit = cashu::Unit::sat;
    std::optional<std::string> reply{};   ///< the body once settled
    std::optional<UnixTime> settled_at{}; ///< when it was settled first
};

/// What a payment gave in lease time, and where that money lies.
struct Credit {
    std::string mint{};
    cashu::Unit unit = cashu::Unit::sat;
    cashu::Msat value{};
};

/// Where a request came from, so that the answer goes back the same way.
struct RequestOrigin {
    nostr::EventId message_id{}; ///< kind-4 event or rumor
    nostr::Transport transport = nostr::Transport::nip04;
    std::string sender; ///< hex
    int64_t created_at = 0;
    std::vector<std::string> relays;       ///< that delivered it
    std::optional<nostr::EventId> event{}; ///< the kind-4 event or the gift wrap around it, as relays may keep it
};

class OrderStore {
public:
    explicit OrderStore(db::Database& database) : database_{database} {}

    [[nodiscard]] Result<void> migrate();

    /// A new order, or a new try of a settled one. conflict while that one is open.
    [[nodiscard]] Result<void> place(const Order& order);
    [[nodiscard]] Result<std::optional<Order>> find(const Bytes32& key);
    [[nodiscard]] Result<std::optional<Order>> find_by_redemption(int64_t redemption);
    /// The last reply counts: change that came late replaces the note that it is due.
    [[nodiscard]] Result<void> settle(const Bytes32& key, const std::string& reply, UnixTime now);
    /// Its payment is lease time now.
    [[nodiscard]] Result<void> credit(const Bytes32& key, cashu::Msat value);
    [[nodiscard]] Result<std::vector<Credit>> credits_newest_first(const std::string& lease);
    /// Orders without a reply yet.
    [[nodiscard]] Result<std::vector<Order>> load_open();

    /// Remembers a request as taken in; conflict when this message was taken in before.
    [[nodiscard]] Result<void> insert_request(const RequestOrigin& origin, const std::optional<Bytes32>& order,
                                              UnixTime now);
    [[nodiscard]] Result<bool> is_known_request(const nostr::EventId& message_id);
    /// Requests of an order that have not been answered, then marked as answered.
    [[nodiscard]] Result<std::vector<RequestOrigin>> take_unanswered(const Bytes32& order);
    /// Its requests count as unanswered again.
    [[nodiscard]] Result<void> answer_again(const Bytes32& order);
    /// Remembers a request that a refund's reply will answer.
    [[nodiscard]] Result<void> insert_refund_request(const RequestOrigin& origin, const std::string& refund,
                                                     UnixTime now);
    [[nodiscard]] Result<std::vector<RequestOrigin>> take_unanswered_by_refund(const std::string& refund);
    /// Where the owner of a lease last paid for it: the way to reach them unasked.
    [[nodiscard]] Result<std::optional<RequestOrigin>> newest_origin(const std::string& lease);
    /// The events whose requests a lease was made for, the newest first: relays may still have them.
    [[nodiscard]] Result<std::vector<nostr::EventId>> events_that_asked_for(const std::string& lease);
    /// Requests without an order that are older than any request still accepted.
    [[nodiscard]] Result<void> forget_requests_before(UnixTime time);

private:
    db::Database& database_;
};

} // namespace berth::provider
