#include "provider/refund_store.h"

#include "util/json.h"

#include <algorithm>

namespace berth::provider {

namespace {

constexpr const char* kSchema = R"(
CREATE TABLE refund(
    key       TEXT PRIMARY KEY,
    lease     TEXT NOT NULL,
    order_key BLOB,
    member    TEXT NOT NULL,
    body      TEXT NOT NULL,   -- JSON
    parts     TEXT NOT NULL,   -- JSON: [mint, unit, amount], …
    announced INTEGER NOT NULL,
    reply     TEXT             -- JSON
) STRICT, WITHOUT ROWID;
CREATE INDEX refund_due ON refund(key) WHERE reply IS NULL;
CREATE INDEX refund_by_lease ON refund(lease);
)";

constexpr const char* kSelect = "SELECT key,lease,order_key,member,body,parts,announced,reply FROM refund WHERE ";

std::string encode_parts(const std::vector<RefundPart>& parts)
{
    Json list = Json::array();
    for (const RefundPart& part : parts)
        list.push_back({part.mint, cashu::name_of(part.unit), part.amount});
    return dump_json(list);
}

Result<std::vector<RefundPart>> decode_parts(const std::string& text)
{
    const Json list = TRY(parse_json(text));
    std::vector<RefundPart> parts;
    for (const Json& entry : list) {
        const cashu::Unit unit = TRY(cashu::parse_unit(entry.at(1).get<std::string>()));
        parts.push_back({entry.at(0).get<std::string>(), unit, entry.at(2).get<cashu::Amount>()});
    }
    return parts;
}

Result<Refund> decode_row(const db::Statement& row)
{
    Refund refund{.key = row.text(0),
                  .lease = row.text(1),
                  .member = row.text(3),
                  .body = row.text(4),
                  .announced = row.integer(6) != 0,
                  .reply = row.optional_text(7)};
    if (!row.is_null(2)) {
        const Bytes blob = row.blob(2);
        std::copy_n(blob.begin(), std::min<size_t>(blob.size(), 32), refund.order.emplace().begin());
    }
    refund.parts = TRY(decode_parts(row.text(5)));
    return refund;
}

Result<std::optional<Refund>> first_of(db::Statement& query)
{
    const bool found = TRY(query.step());
    if (!found)
        return std::optional<Refund>{};
    Refund refund = TRY(decode_row(query));
    return std::optional<Refund>{std::move(refund)};
}

} // namespace

Result<void> RefundStore::migrate()
{
    return db::migrate(database_, "refund", {kSchema});
}

Result<void> RefundStore::insert(const Refund& refund)
{
    db::Statement insert = database_.prepare(
        "INSERT INTO refund(key,lease,order_key,member,body,parts,announced,reply) VALUES(?,?,?,?,?,?,?,?)");
    insert.bind(refund.key).bind(refund.lease);
    if (refund.order)
        insert.bind(ByteView{*refund.order});
    else
        insert.bind_null();
    return insert.bind(refund.member)
        .bind(refund.body)
        .bind(encode_parts(refund.parts))
        .bind(refund.announced)
        .bind(refund.reply)
        .run();
}

Result<std::optional<Refund>> RefundStore::find(const std::string& key)
{
    static const std::string sql = std::string{kSelect} + "key=?";
    db::Statement query = database_.prepare(sql.c_str());
    query.bind(key);
    return first_of(query);
}

Result<std::optional<Refund>> RefundStore::find_by_payout(const std::string& payout_key)
{
    return find(payout_key.substr(0, payout_key.rfind('/')));
}

Result<std::optional<Refund>> RefundStore::find_final(const std::string& lease)
{
    static const std::string sql = std::string{kSelect} + "lease=? AND order_key IS NULL";
    db::Statement query = database_.prepare(sql.c_str());
    query.bind(lease);
    return first_of(query);
}

Result<void> RefundStore::mark_announced(const std::string& key)
{
    return database_.prepare("UPDATE refund SET announced=1 WHERE key=?").bind(key).run();
}

Result<void> RefundStore::settle(const std::string& key, const std::string& reply)
{
    return database_.prepare("UPDATE refund SET reply=? WHERE key=?").bind(reply).bind(key).run();
}

Result<std::vector<Refund>> RefundStore::load_due()
{
    static const std::string sql = std::string{kSelect} + "reply IS NULL";
    db::Statement query = database_.prepare(sql.c_str());
    return db::read_rows<Refund>(query, decode_row);
}

} // namespace berth::provider
