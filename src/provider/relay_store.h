#pragma once
// What must outlive the process about relays: cursors, replies that no relay has accepted yet (the outbox), and the
// last created_at of each addressable event of ours.

#include "db/database.h"
#include "nostr/event.h"
#include "nostr/relay/pool.h"

#include <string>
#include <vector>

namespace berth::provider {

/// A signed reply on its way.
struct OutboxMessage {
    nostr::Event event;
    std::vector<std::string> relays; ///< where the request was seen; empty: all
    UnixTime expires_at{};
};

class RelayStore {
public:
    explicit RelayStore(db::Database& database) : database_{database} {}

    [[nodiscard]] Result<void> migrate();

    [[nodiscard]] Result<void> save_cursor(const nostr::relay::Cursor& cursor);
    [[nodiscard]] Result<std::vector<nostr::relay::Cursor>> load_cursors();

    [[nodiscard]] Result<void> insert_outbox(const OutboxMessage& message);
    /// A relay has it: it need not be sent again after a restart.
    [[nodiscard]] Result<void> forget_accepted(const nostr::EventId& event_id);
    [[nodiscard]] Result<std::vector<OutboxMessage>> load_outbox(UnixTime now);
    /// Replies that no relay has accepted yet.
    [[nodiscard]] Result<uint64_t> count_outbox(UnixTime now);
    [[nodiscard]] Result<void> forget_outbox_before(UnixTime time);

    /// max(wanted, last + 1) for this address, remembered (NIP-01: two versions in one second are a coin toss).
    [[nodiscard]] Result<int64_t> next_created_at(const std::string& address, int64_t wanted);

    /// A relay took a heartbeat.
    [[nodiscard]] Result<void> count_beat(UnixTime now);
    /// Accepted beats beside those that were due since the first one, over the last 30 days; 0 … 100, 0 before the
    /// first.
    [[nodiscard]] Result<double> uptime_percent(UnixTime now, std::chrono::seconds interval);

private:
    db::Database& database_;
};

} // namespace berth::provider
