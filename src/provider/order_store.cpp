#include "provider/order_store.h"

#include "util/json.h"

#include <algorithm>

namespace berth::provider {

namespace {

constexpr const char* kSchema = R"(
CREATE TABLE orders(
    key         BLOB PRIMARY KEY,
    kind        TEXT NOT NULL,
    owner       TEXT NOT NULL,
    lease       TEXT NOT NULL,
    redemption  INTEGER NOT NULL UNIQUE,
    reply       TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX orders_open ON orders(redemption) WHERE reply IS NULL;
CREATE TABLE request(
    message_id  BLOB PRIMARY KEY,
    order_key   BLOB REFERENCES orders(key),
    transport   TEXT NOT NULL,
    sender      TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    relays      TEXT NOT NULL,   -- JSON array
    received_ms INTEGER NOT NULL,
    answered    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX request_by_order ON request(order_key) WHERE order_key IS NOT NULL;
CREATE INDEX request_by_time ON request(received_ms);
)";

constexpr const char* kRefunds = R"(
ALTER TABLE orders ADD COLUMN mint TEXT NOT NULL DEFAULT '';
ALTER TABLE orders ADD COLUMN unit TEXT NOT NULL DEFAULT 'sat';
ALTER TABLE orders ADD COLUMN credit_msat INTEGER NOT NULL DEFAULT 0;
CREATE INDEX orders_by_lease ON orders(lease);
ALTER TABLE request ADD COLUMN refund TEXT;
CREATE INDEX request_by_refund ON request(refund) WHERE refund IS NOT NULL;
)";

constexpr const char* kSettledAt = "ALTER TABLE orders ADD COLUMN settled_ms INTEGER;";
constexpr const char* kEvents = "ALTER TABLE request ADD COLUMN event BLOB;";
/// What one filter may name without a relay minding.
constexpr int kEventsMax = 20;

constexpr const char* kOrderColumns =
    "SELECT key,kind,owner,lease,redemption,mint,unit,reply,settled_ms FROM orders WHERE ";

constexpr const char* kSpawn = "spawn";
constexpr const char* kTopUp = "top_up";

Bytes32 bytes32_of(const Bytes& blob)
{
    Bytes32 out{};
    std::copy_n(blob.begin(), std::min(blob.size(), out.size()), out.begin());
    return out;
}

const char* name_of(nostr::Transport transport)
{
    switch (transport) {
    case nostr::Transport::nip04:
        return "nip04";
    case nostr::Transport::kind4_nip44:
        return "kind4-nip44";
    case nostr::Transport::nip17:
        break;
    }
    return "nip17";
}

nostr::Transport transport_of(const std::string& name)
{
    for (const auto transport : {nostr::Transport::nip04, nostr::Transport::kind4_nip44})
        if (name == name_of(transport))
            return transport;
    return nostr::Transport::nip17;
}

Order decode_order(const db::Statement& row)
{
    return Order{.key = bytes32_of(row.blob(0)),
                 .kind = row.text(1) == kTopUp ? OrderKind::top_up : OrderKind::spawn,
                 .owner = row.text(2),
                 .lease = row.text(3),
                 .redemption = row.integer(4),
                 .mint = row.text(5),
                 .unit = cashu::parse_unit(row.text(6)).value_or(cashu::Unit::sat),
                 .reply = row.optional_text(7),
                 .settled_at = row.is_null(8) ? std::nullopt
                                              : std::optional{UnixTime{std::chrono::milliseconds{row.integer(8)}}}};
}

Result<std::optional<Order>> first_order(db::Statement& query)
{
    const bool found = TRY(query.step());
    return found ? std::optional{decode_order(query)} : std::nullopt;
}

RequestOrigin decode_origin(const db::Statement& row)
{
    // Our own rows, as encoded by insert_request: anything else is corruption, which the exception border reports.
    return {.message_id = bytes32_of(row.blob(0)),
            .transport = transport_of(row.text(1)),
            .sender = row.text(2),
            .created_at = row.integer(3),
            .relays = Json::parse(row.text(4)).get<std::vector<std::string>>()};
}

Result<Credit> decode_credit(const db::Statement& row)
{
    const cashu::Unit unit = TRY(cashu::parse_unit(row.text(1)));
    return Credit{row.text(0), unit, cashu::Msat{static_cast<uint64_t>(row.integer(2))}};
}

} // namespace

Result<void> OrderStore::migrate()
{
    return db::migrate(database_, "order", {kSchema, kRefunds, kSettledAt, kEvents});
}

Result<void> OrderStore::place(const Order& order)
{
    TRY(database_
            .prepare("INSERT INTO orders(key,kind,owner,lease,redemption,mint,unit) VALUES(?,?,?,?,?,?,?) "
                     "ON CONFLICT(key) DO UPDATE SET lease=excluded.lease, redemption=excluded.redemption, reply=NULL, "
                     "settled_ms=NULL WHERE reply IS NOT NULL")
            .bind(ByteView{order.key})
            .bind(order.kind == OrderKind::spawn ? kSpawn : kTopUp)
            .bind(order.owner)
            .bind(order.lease)
            .bind(order.redemption)
            .bind(order.mint)
            .bind(cashu::name_of(order.unit))
            .run());
    if (database_.changes() != 1)
        return fail(Errc::conflict, "the order is open already");
    return {};
}

Result<std::optional<Order>> OrderStore::find(const Bytes32& key)
{
    static const std::string sql = std::string{kOrderColumns} + "key=?";
    db::Statement query = database_.prepare(sql.c_str());
    query.bind(ByteView{key});
    return first_order(query);
}

Result<std::optional<Order>> OrderStore::find_by_redemption(int64_t redemption)
{
    static const std::string sql = std::string{kOrderColumns} + "redemption=?";
    db::Statement query = database_.prepare(sql.c_str());
    query.bind(redemption);
    return first_order(query);
}

Result<void> OrderStore::settle(const Bytes32& key, const std::string& reply, UnixTime now)
{
    return database_.prepare("UPDATE orders SET reply=?, settled_ms=coalesce(settled_ms,?) WHERE key=?")
        .bind(reply)
        .bind(static_cast<int64_t>(now.time_since_epoch().count()))
        .bind(ByteView{key})
        .run();
}

Result<void> OrderStore::credit(const Bytes32& key, cashu::Msat value)
{
    return database_.prepare("UPDATE orders SET credit_msat=? WHERE key=?").bind(value.value).bind(ByteView{key}).run();
}

Result<std::vector<Credit>> OrderStore::credits_newest_first(const std::string& lease)
{
    db::Statement query = database_.prepare("SELECT mint,unit,credit_msat FROM orders WHERE lease=? AND credit_msat>0 "
                                            "ORDER BY redemption DESC");
    query.bind(lease);
    return db::read_rows<Credit>(query, decode_credit);
}

Result<std::vector<Order>> OrderStore::load_open()
{
    static const std::string sql = std::string{kOrderColumns} + "reply IS NULL";
    db::Statement query = database_.prepare(sql.c_str());
    return db::read_rows<Order>(query, decode_order);
}

Result<void> OrderStore::insert_request(const RequestOrigin& origin, const std::optional<Bytes32>& order, UnixTime now)
{
    db::Statement insert = database_.prepare("INSERT INTO request(message_id,order_key,transport,sender,created_at,"
                                             "relays,received_ms,answered,event) VALUES(?,?,?,?,?,?,?,?,?)");
    insert.bind(ByteView{origin.message_id});
    if (order)
        insert.bind(ByteView{*order});
    else
        insert.bind_null();
    insert.bind(name_of(origin.transport))
        .bind(origin.sender)
        .bind(origin.created_at)
        .bind(dump_json(Json(origin.relays)))
        .bind(static_cast<int64_t>(now.time_since_epoch().count()))
        .bind(!order.has_value());
    if (origin.event)
        insert.bind(ByteView{*origin.event});
    else
        insert.bind_null();
    return insert.run();
}

Result<bool> OrderStore::is_known_request(const nostr::EventId& message_id)
{
    return database_.prepare("SELECT 1 FROM request WHERE message_id=?").bind(ByteView{message_id}).step();
}

Result<std::vector<RequestOrigin>> OrderStore::take_unanswered(const Bytes32& order)
{
    db::Statement query = database_.prepare("SELECT message_id,transport,sender,created_at,relays FROM request "
                                            "WHERE order_key=? AND answered=0");
    query.bind(ByteView{order});
    std::vector<RequestOrigin> origins = TRY(db::read_rows<RequestOrigin>(query, decode_origin));
    TRY(database_.prepare("UPDATE request SET answered=1 WHERE order_key=? AND answered=0")
            .bind(ByteView{order})
            .run());
    return origins;
}

Result<void> OrderStore::answer_again(const Bytes32& order)
{
    return database_.prepare("UPDATE request SET answered=0 WHERE order_key=?").bind(ByteView{order}).run();
}

Result<void> OrderStore::insert_refund_request(const RequestOrigin& origin, const std::string& refund, UnixTime now)
{
    TRY(insert_request(origin, {}, now));
    return database_.prepare("UPDATE request SET refund=?, answered=0 WHERE message_id=?")
        .bind(refund)
        .bind(ByteView{origin.message_id})
        .run();
}

Result<std::vector<RequestOrigin>> OrderStore::take_unanswered_by_refund(const std::string& refund)
{
    db::Statement query = database_.prepare("SELECT message_id,transport,sender,created_at,relays FROM request "
                                            "WHERE refund=? AND answered=0");
    query.bind(refund);
    std::vector<RequestOrigin> origins = TRY(db::read_rows<RequestOrigin>(query, decode_origin));
    TRY(database_.prepare("UPDATE request SET answered=1 WHERE refund=? AND answered=0").bind(refund).run());
    return origins;
}

Result<std::optional<RequestOrigin>> OrderStore::newest_origin(const std::string& lease)
{
    db::Statement query = database_.prepare(
        "SELECT r.message_id,r.transport,r.sender,r.created_at,r.relays FROM request AS r JOIN orders AS o "
        "ON r.order_key=o.key WHERE o.lease=? ORDER BY r.received_ms DESC LIMIT 1");
    query.bind(lease);
    std::vector<RequestOrigin> origins = TRY(db::read_rows<RequestOrigin>(query, decode_origin));
    return origins.empty() ? std::nullopt : std::optional{std::move(origins.front())};
}

Result<std::vector<nostr::EventId>> OrderStore::events_that_asked_for(const std::string& lease)
{
    db::Statement query =
        database_.prepare("SELECT r.event FROM request AS r JOIN orders AS o ON r.order_key=o.key WHERE o.lease=? "
                          "AND o.kind=? AND r.event IS NOT NULL ORDER BY r.received_ms DESC LIMIT ?");
    query.bind(lease).bind(kSpawn).bind(kEventsMax);
    return db::read_rows<nostr::EventId>(query, [](const db::Statement& row) { return bytes32_of(row.blob(0)); });
}

Result<void> OrderStore::forget_requests_before(UnixTime time)
{
    return database_.prepare("DELETE FROM request WHERE order_key IS NULL AND answered=1 AND received_ms<?")
        .bind(static_cast<int64_t>(time.time_since_epoch().count()))
        .run();
}

} // namespace berth::provider
