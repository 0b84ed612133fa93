#pragma once
// The embedded relay's events in SQLite: replacement, deletion (NIP-09), expiration (NIP-40), queries newest first.
// Knows nothing of connections or who may read. Runs on its owner's thread, inside the owner's transactions.

#include "db/database.h"
#include "nostr/event.h"
#include "nostr/filter.h"

#include <string>
#include <vector>

namespace berth::local {

/// What became of an event that was offered for storing.
enum class Stored {
    added,
    known,           ///< this id is stored already
    newer_is_stored, ///< a newer version holds the address (NIP-01)
    deleted,         ///< its author, or the receiver of a wrap, deleted it before (NIP-09)
};

/// What one query may give.
struct QueryBounds {
    uint64_t events_max = 500;
    size_t bytes_max = 1 << 20;
    int64_t now = 0; ///< Unix seconds: expired events are left out
};

struct QueryAnswer {
    std::vector<nostr::Event> events; ///< newest first, on a tie the lowest id first
    bool complete = true;             ///< no further stored event matches
};

class RelayStore {
public:
    /// Migrates the tables of `database`, which must outlive the store.
    [[nodiscard]] static Result<RelayStore> create(db::Database& database, size_t events_max);

    /// Stores a verified event that is not ephemeral, replacing the older version at its address; a kind-5 event also
    /// deletes what it names.
    [[nodiscard]] Result<Stored> put(const nostr::Event& event);

    /// The events that match, at most `filter.limit` and `bounds` of them.
    [[nodiscard]] Result<QueryAnswer> query(const nostr::Filter& filter, const QueryBounds& bounds);

    /// Drops what expired (NIP-40).
    [[nodiscard]] Result<void> drop_expired(int64_t now);

    /// After the owner rolled back.
    [[nodiscard]] Result<void> recount();

    [[nodiscard]] size_t size() const { return size_; }

private:
    RelayStore(db::Database& database, size_t events_max) : database_{&database}, events_max_{events_max} {}
    [[nodiscard]] Result<bool> has(const nostr::EventId& id);
    [[nodiscard]] Result<bool> was_deleted(const nostr::Event& event, const std::string& address);
    [[nodiscard]] Result<bool> make_room_at(const nostr::Event& event, const std::string& address);
    [[nodiscard]] Result<void> insert(const nostr::Event& event, const std::string& address);
    [[nodiscard]] Result<void> apply_deletion(const nostr::Event& deletion);
    [[nodiscard]] Result<std::optional<nostr::Event>> find(const std::string& id_hex);
    [[nodiscard]] Result<void> delete_id(const nostr::Event& deletion, const std::string& id_hex);
    [[nodiscard]] Result<void> delete_address(const nostr::Event& deletion, const std::string& address);
    [[nodiscard]] Result<void> drop_oldest();

    db::Database* database_;
    size_t events_max_;
    size_t size_ = 0;
};

} // namespace berth::local
