#include "provider/relay_store.h"

#include "util/json.h"

namespace berth::provider {

namespace {

constexpr const char* kSchema = R"(
CREATE TABLE cursor(
    relay            TEXT NOT NULL,
    subscription     TEXT NOT NULL,
    complete_through INTEGER NOT NULL,
    PRIMARY KEY(relay, subscription)
) STRICT, WITHOUT ROWID;
CREATE TABLE outbox(
    event_id   BLOB PRIMARY KEY,
    event      TEXT NOT NULL,
    relays     TEXT NOT NULL,   -- JSON array
    expires_ms INTEGER NOT NULL,
    accepted   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_waiting ON outbox(expires_ms) WHERE accepted=0;
CREATE TABLE published(
    address    TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE beats(
    day   INTEGER PRIMARY KEY,      -- days since 1970
    first INTEGER NOT NULL,         -- Unix seconds of the day's first accepted heartbeat
    count INTEGER NOT NULL
) STRICT;
)";

/// An answer is read only until a relay has it.
constexpr const char* kOnlyWaiting = R"(
DROP INDEX outbox_waiting;
DELETE FROM outbox WHERE accepted<>0;
ALTER TABLE outbox DROP COLUMN accepted;
CREATE INDEX outbox_expiry ON outbox(expires_ms);
)";

constexpr int64_t kDaySeconds = 86'400;
constexpr int64_t kUptimeDays = 30;

int64_t milliseconds_of(UnixTime time)
{
    return time.time_since_epoch().count();
}

} // namespace

Result<void> RelayStore::migrate()
{
    return db::migrate(database_, "relay", {kSchema, kOnlyWaiting});
}

Result<void> RelayStore::save_cursor(const nostr::relay::Cursor& cursor)
{
    return database_.prepare("INSERT OR REPLACE INTO cursor VALUES(?,?,?)")
        .bind(cursor.relay)
        .bind(cursor.subscription)
        .bind(cursor.complete_through)
        .run();
}

Result<std::vector<nostr::relay::Cursor>> RelayStore::load_cursors()
{
    db::Statement query = database_.prepare("SELECT relay,subscription,complete_through FROM cursor");
    std::vector<nostr::relay::Cursor> cursors;
    for (;;) {
        const bool more = TRY(query.step());
        if (!more)
            return cursors;
        cursors.push_back({query.text(0), query.text(1), query.integer(2)});
    }
}

Result<void> RelayStore::insert_outbox(const OutboxMessage& message)
{
    return database_.prepare("INSERT OR IGNORE INTO outbox VALUES(?,?,?,?)")
        .bind(ByteView{message.event.id})
        .bind(nostr::encode_event(message.event))
        .bind(dump_json(Json(message.relays)))
        .bind(milliseconds_of(message.expires_at))
        .run();
}

Result<void> RelayStore::forget_accepted(const nostr::EventId& event_id)
{
    return database_.prepare("DELETE FROM outbox WHERE event_id=?").bind(ByteView{event_id}).run();
}

Result<std::vector<OutboxMessage>> RelayStore::load_outbox(UnixTime now)
{
    db::Statement query = database_.prepare("SELECT event,relays,expires_ms FROM outbox WHERE expires_ms>?");
    query.bind(milliseconds_of(now));
    std::vector<OutboxMessage> messages;
    for (;;) {
        const bool more = TRY(query.step());
        if (!more)
            return messages;
        nostr::Event event = TRY(nostr::parse_event(query.text(0)));
        const Json relays = TRY(parse_json(query.text(1)));
        messages.push_back({.event = std::move(event),
                            .relays = relays.get<std::vector<std::string>>(),
                            .expires_at = UnixTime{std::chrono::milliseconds{query.integer(2)}}});
    }
}

Result<uint64_t> RelayStore::count_outbox(UnixTime now)
{
    db::Statement query = database_.prepare("SELECT count(*) FROM outbox WHERE expires_ms>?");
    TRY(query.bind(milliseconds_of(now)).step());
    return query.unsigned_integer(0);
}

Result<void> RelayStore::forget_outbox_before(UnixTime time)
{
    return database_.prepare("DELETE FROM outbox WHERE expires_ms<?").bind(milliseconds_of(time)).run();
}

Result<int64_t> RelayStore::next_created_at(const std::string& address, int64_t wanted)
{
    {
        db::Statement query = database_.prepare("SELECT created_at FROM published WHERE address=?");
        const bool known = TRY(query.bind(address).step());
        if (known)
            wanted = std::max(wanted, query.integer(0) + 1);
    }
    TRY(database_.prepare("INSERT OR REPLACE INTO published VALUES(?,?)").bind(address).bind(wanted).run());
    return wanted;
}

Result<void> RelayStore::count_beat(UnixTime now)
{
    const int64_t seconds = unix_seconds(now);
    return database_.prepare("INSERT INTO beats VALUES(?,?,1) ON CONFLICT(day) DO UPDATE SET count=count+1")
        .bind(seconds / kDaySeconds)
        .bind(seconds)
        .run();
}

Result<double> RelayStore::uptime_percent(UnixTime now, std::chrono::seconds interval)
{
    const int64_t seconds = unix_seconds(now);
    db::Statement query = database_.prepare("SELECT min(first), sum(count) FROM beats WHERE day>?");
    TRY(query.bind(seconds / kDaySeconds - kUptimeDays).step());
    if (query.is_null(0))
        return 0.0;
    const double due = static_cast<double>(seconds - query.integer(0)) / static_cast<double>(interval.count()) + 1.0;
    return std::min(100.0, 100.0 * static_cast<double>(query.integer(1)) / due);
}

} // namespace berth::provider
