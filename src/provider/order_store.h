#pragma once
// Orders and the requests that ask for them.
//
// An order is one payment for one thing: a spawn or a top-up, named by a key made of sender, kind, target and the set
// of proofs. Whatever arrives again under the same key, in whatever event and over either transport, is the same order:
// one redemption, one lease, and the same reply body for every request event.

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
    std::optional<std::string> reply; ///< the body once settled
};

/// Where a request came from, so that the answer goes back the same way.
struct RequestOrigin {
    nostr::EventId message_id{}; ///< kind-4 event or rumor
    nostr::Transport transport = nostr::Transport::nip04;
    std::string sender; ///< hex
    int64_t created_at = 0;
    std::vector<std::string> relays; ///< that delivered it
};

class OrderStore {
public:
    explicit OrderStore(db::Database& database) : database_{database} {}

    [[nodiscard]] Result<void> migrate();

    [[nodiscard]] Result<void> insert(const Order& order);
    [[nodiscard]] Result<std::optional<Order>> find(const Bytes32& key);
    [[nodiscard]] Result<std::optional<Order>> find_by_redemption(int64_t redemption);
    [[nodiscard]] Result<void> settle(const Bytes32& key, const std::string& reply);
    /// Orders without a reply yet.
    [[nodiscard]] Result<std::vector<Order>> load_open();

    /// Remembers a request as taken in; conflict when this message was taken in before.
    [[nodiscard]] Result<void> insert_request(const RequestOrigin& origin, const std::optional<Bytes32>& order,
                                              UnixTime now);
    [[nodiscard]] Result<bool> is_known_request(const nostr::EventId& message_id);
    /// Requests of an order that have not been answered, then marked as answered.
    [[nodiscard]] Result<std::vector<RequestOrigin>> take_unanswered(const Bytes32& order);
    /// One of the requests that asked for an order: where its owner listens.
    [[nodiscard]] Result<std::optional<RequestOrigin>> find_request(const Bytes32& order);
    /// The order a known request belongs to, if it was about money.
    [[nodiscard]] Result<std::optional<Bytes32>> order_of_request(const nostr::EventId& message_id);
    /// Requests without an order that are older than any request still accepted.
    [[nodiscard]] Result<void> forget_requests_before(UnixTime time);

private:
    db::Database& database_;
};

} // namespace berth::provider
