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

constexpr const char* kNip04 = "nip04";
constexpr const char* kNip17 = "nip17";
constexpr const char* kSpawn = "spawn";
constexpr const char* kTopUp = "top_up";

Bytes32 bytes32_of(const Bytes& blob)
{
    Bytes32 out{};
    std::copy_n(blob.begin(), std::min(blob.size(), out.size()), out.begin());
    return out;
}

Order decode_order(const db::Statement& row)
{
    return Order{.key = bytes32_of(row.blob(0)),
                 .kind = row.text(1) == kTopUp ? OrderKind::top_up : OrderKind::spawn,
                 .owner = row.text(2),
                 .lease = row.text(3),
                 .redemption = row.integer(4),
                 .reply = row.optional_text(5)};
}

Result<std::optional<Order>> first_order(db::Statement& query)
{
    const bool found = TRY(query.step());
    return found ? std::optional{decode_order(query)} : std::nullopt;
}

/// message_id, transport, sender, created_at, relays
Result<RequestOrigin> decode_origin(const db::Statement& row)
{
    const Json relays = TRY(parse_json(row.text(4)));
    return RequestOrigin{.message_id = bytes32_of(row.blob(0)),
                         .transport = row.text(1) == kNip17 ? nostr::Transport::nip17 : nostr::Transport::nip04,
                         .sender = row.text(2),
                         .created_at = row.integer(3),
                         .relays = relays.get<std::vector<std::string>>()};
}

} // namespace

Result<void> OrderStore::migrate()
{
    return db::migrate(database_, "order", {kSchema});
}

Result<void> OrderStore::insert(const Order& order)
{
    return database_.prepare("INSERT INTO orders(key,kind,owner,lease,redemption,reply) VALUES(?,?,?,?,?,?)")
        .bind(ByteView{order.key})
        .bind(order.kind == OrderKind::spawn ? kSpawn : kTopUp)
        .bind(order.owner)
        .bind(order.lease)
        .bind(order.redemption)
        .bind(order.reply)
        .run();
}

Result<std::optional<Order>> OrderStore::find(const Bytes32& key)
{
    db::Statement query = database_.prepare("SELECT key,kind,owner,lease,redemption,reply FROM orders WHERE key=?");
    query.bind(ByteView{key});
    return first_order(query);
}

Result<std::optional<Order>> OrderStore::find_by_redemption(int64_t redemption)
{
    db::Statement query =
        database_.prepare("SELECT key,kind,owner,lease,redemption,reply FROM orders WHERE redemption=?");
    query.bind(redemption);
    return first_order(query);
}

Result<void> OrderStore::settle(const Bytes32& key, const std::string& reply)
{
    return database_.prepare("UPDATE orders SET reply=? WHERE key=? AND reply IS NULL")
        .bind(reply)
        .bind(ByteView{key})
        .run();
}

Result<std::vector<Order>> OrderStore::load_open()
{
    db::Statement query =
        database_.prepare("SELECT key,kind,owner,lease,redemption,reply FROM orders WHERE reply IS NULL");
    std::vector<Order> orders;
    for (;;) {
        const bool more = TRY(query.step());
        if (!more)
            return orders;
        orders.push_back(decode_order(query));
    }
}

Result<void> OrderStore::insert_request(const RequestOrigin& origin, const std::optional<Bytes32>& order, UnixTime now)
{
    db::Statement insert = database_.prepare("INSERT INTO request(message_id,order_key,transport,sender,created_at,"
                                             "relays,received_ms,answered) VALUES(?,?,?,?,?,?,?,?)");
    insert.bind(ByteView{origin.message_id});
    if (order)
        insert.bind(ByteView{*order});
    else
        insert.bind_null();
    return insert.bind(origin.transport == nostr::Transport::nip04 ? kNip04 : kNip17)
        .bind(origin.sender)
        .bind(origin.created_at)
        .bind(dump_json(Json(origin.relays)))
        .bind(static_cast<int64_t>(now.time_since_epoch().count()))
        .bind(!order.has_value())
        .run();
}

Result<bool> OrderStore::is_known_request(const nostr::EventId& message_id)
{
    return database_.prepare("SELECT 1 FROM request WHERE message_id=?").bind(ByteView{message_id}).step();
}

Result<std::vector<RequestOrigin>> OrderStore::take_unanswered(const Bytes32& order)
{
    std::vector<RequestOrigin> origins;
    {
        db::Statement query = database_.prepare("SELECT message_id,transport,sender,created_at,relays FROM request "
                                                "WHERE order_key=? AND answered=0");
        query.bind(ByteView{order});
        for (;;) {
            const bool more = TRY(query.step());
            if (!more)
                break;
            RequestOrigin origin = TRY(decode_origin(query));
            origins.push_back(std::move(origin));
        }
    }
    TRY(database_.prepare("UPDATE request SET answered=1 WHERE order_key=? AND answered=0")
            .bind(ByteView{order})
            .run());
    return origins;
}

Result<std::optional<RequestOrigin>> OrderStore::find_request(const Bytes32& order)
{
    db::Statement query = database_.prepare("SELECT message_id,transport,sender,created_at,relays FROM request "
                                            "WHERE order_key=? ORDER BY created_at DESC LIMIT 1");
    const bool found = TRY(query.bind(ByteView{order}).step());
    if (!found)
        return std::optional<RequestOrigin>{};
    RequestOrigin origin = TRY(decode_origin(query));
    return std::optional{std::move(origin)};
}

Result<std::optional<Bytes32>> OrderStore::order_of_request(const nostr::EventId& message_id)
{
    db::Statement query = database_.prepare("SELECT order_key FROM request WHERE message_id=?");
    const bool found = TRY(query.bind(ByteView{message_id}).step());
    if (!found || query.is_null(0))
        return std::optional<Bytes32>{};
    return std::optional{bytes32_of(query.blob(0))};
}

Result<void> OrderStore::forget_requests_before(UnixTime time)
{
    return database_.prepare("DELETE FROM request WHERE order_key IS NULL AND received_ms<?")
        .bind(static_cast<int64_t>(time.time_since_epoch().count()))
        .run();
}

} // namespace berth::provider
