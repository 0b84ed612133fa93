#include "cashu/wallet_store.h"

#include "cashu/wallet_rows.h"
#include "util/hex.h"

namespace berth::cashu {

namespace {

constexpr const char* kSchema = R"sql(
CREATE TABLE wallet_setting(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE mint(url TEXT PRIMARY KEY, info TEXT NOT NULL, read_at INTEGER NOT NULL) STRICT;
CREATE TABLE keyset(
    id TEXT PRIMARY KEY, mint TEXT NOT NULL, unit INTEGER NOT NULL, active INTEGER NOT NULL,
    input_fee_ppk INTEGER NOT NULL, final_expiry INTEGER, keys BLOB NOT NULL,
    counter INTEGER NOT NULL DEFAULT 0, read_at INTEGER NOT NULL) STRICT;
CREATE INDEX keyset_by_mint ON keyset(mint);
CREATE TABLE keyset_scan(
    keyset TEXT PRIMARY KEY, mint TEXT NOT NULL, next_counter INTEGER NOT NULL, empty_batches INTEGER NOT NULL,
    highest_hit INTEGER, hits INTEGER NOT NULL, failures INTEGER NOT NULL, due_at INTEGER NOT NULL) STRICT;
CREATE TABLE redemption(
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, mint TEXT NOT NULL, unit INTEGER NOT NULL,
    gross INTEGER NOT NULL, fee INTEGER NOT NULL, inputs_hash TEXT NOT NULL, payout_key TEXT NOT NULL,
    state INTEGER NOT NULL, question INTEGER NOT NULL, answer INTEGER NOT NULL, attempts INTEGER NOT NULL,
    renewals INTEGER NOT NULL, failures INTEGER NOT NULL, restores_empty INTEGER NOT NULL, first_empty_at INTEGER,
    witness_is_ours INTEGER NOT NULL, created_at INTEGER NOT NULL, due_at INTEGER NOT NULL,
    outputs_id INTEGER NOT NULL, request_body TEXT NOT NULL, last_error TEXT NOT NULL, watch_at INTEGER,
    refusal_fault INTEGER, refusal_message TEXT, refund_token TEXT NOT NULL, raw_answer TEXT) STRICT;
CREATE INDEX redemption_open ON redemption(due_at) WHERE state < 3;
CREATE INDEX redemption_watched ON redemption(watch_at) WHERE watch_at IS NOT NULL;
CREATE INDEX redemption_by_inputs ON redemption(inputs_hash);
CREATE TABLE redemption_input(
    redemption INTEGER NOT NULL, position INTEGER NOT NULL, y BLOB NOT NULL, amount INTEGER NOT NULL,
    keyset TEXT NOT NULL, secret TEXT NOT NULL, c BLOB NOT NULL, witness TEXT,
    PRIMARY KEY(redemption, position)) STRICT;
CREATE TABLE output_set(
    id INTEGER PRIMARY KEY AUTOINCREMENT, redemption INTEGER NOT NULL, state INTEGER NOT NULL) STRICT;
CREATE INDEX output_set_by_redemption ON output_set(redemption);
CREATE TABLE redemption_output(
    outputs_id INTEGER NOT NULL, position INTEGER NOT NULL, keyset TEXT NOT NULL, counter INTEGER NOT NULL,
    amount INTEGER NOT NULL, secret TEXT NOT NULL UNIQUE, r BLOB NOT NULL, b_ BLOB NOT NULL UNIQUE,
    to_send INTEGER NOT NULL, PRIMARY KEY(outputs_id, position)) STRICT;
CREATE TABLE seen_proof(
    y BLOB PRIMARY KEY, redemption INTEGER NOT NULL, released INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX seen_proof_by_redemption ON seen_proof(redemption);
CREATE TABLE proof(
    y BLOB PRIMARY KEY, mint TEXT NOT NULL, unit INTEGER NOT NULL, keyset TEXT NOT NULL, amount INTEGER NOT NULL,
    secret TEXT NOT NULL, c BLOB NOT NULL, dleq BLOB, state INTEGER NOT NULL, owner INTEGER NOT NULL) STRICT;
CREATE INDEX proof_by_owner ON proof(owner, state);
CREATE INDEX proof_held ON proof(mint, unit, state) WHERE state < 3;
CREATE TABLE payout(
    key TEXT PRIMARY KEY, mint TEXT NOT NULL, unit INTEGER NOT NULL, amount INTEGER NOT NULL, redemption INTEGER,
    token TEXT NOT NULL, due_at INTEGER NOT NULL) STRICT;
CREATE INDEX payout_waiting ON payout(due_at) WHERE token = '';
)sql";

/// Books, opened with what is held; the first three accounts have the numbers of proofs' states. And invoices paid.
constexpr const char* kBooks = R"sql(
CREATE TABLE ledger_entry(
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, movement INTEGER NOT NULL, mint TEXT NOT NULL,
    unit INTEGER NOT NULL, operation INTEGER NOT NULL, name TEXT NOT NULL) STRICT;
CREATE INDEX ledger_entry_by_operation ON ledger_entry(operation);
CREATE INDEX ledger_entry_by_name ON ledger_entry(name) WHERE name <> '';
CREATE TABLE ledger_leg(
    entry INTEGER NOT NULL, account INTEGER NOT NULL, msat INTEGER NOT NULL,
    PRIMARY KEY(entry, account)) STRICT, WITHOUT ROWID;
INSERT INTO ledger_entry(at,movement,mint,unit,operation,name)
    SELECT CAST(strftime('%s','now') AS INTEGER)*1000,0,mint,unit,0,'' FROM proof WHERE state<3 GROUP BY mint,unit;
INSERT INTO ledger_leg
    SELECT e.id,p.state,sum(p.amount*(CASE p.unit WHEN 0 THEN 1000 ELSE 1 END)) FROM ledger_entry e
    JOIN proof p ON p.mint=e.mint AND p.unit=e.unit WHERE p.state<3 GROUP BY e.id,p.state;
INSERT INTO ledger_leg SELECT entry,17,-sum(msat) FROM ledger_leg GROUP BY entry;
INSERT INTO wallet_setting SELECT 'books_opened_after',coalesce(max(id),0) FROM redemption;
CREATE TABLE melt(
    key TEXT PRIMARY KEY, mint TEXT NOT NULL, unit INTEGER NOT NULL, invoice TEXT NOT NULL,
    payment_hash BLOB NOT NULL, quote TEXT NOT NULL, amount INTEGER NOT NULL, fee_reserve INTEGER NOT NULL,
    state INTEGER NOT NULL, question INTEGER NOT NULL, refused INTEGER NOT NULL, attempts INTEGER NOT NULL,
    failures INTEGER NOT NULL, empty_restores INTEGER NOT NULL, expires_at INTEGER, created_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL, redemption INTEGER NOT NULL, change INTEGER NOT NULL, preimage TEXT NOT NULL,
    problem TEXT NOT NULL) STRICT;
CREATE INDEX melt_open ON melt(due_at) WHERE state < 5;
CREATE UNIQUE INDEX melt_once ON melt(payment_hash) WHERE state < 6;
)sql";

std::string encode_keys_blob(const std::map<Amount, crypto::Point>& keys)
{
    std::string blob;
    for (const auto& [amount, point] : keys) {
        for (int shift = 56; shift >= 0; shift -= 8)
            blob.push_back(static_cast<char>((amount >> shift) & 0xff));
        blob.append(as_text(point.compressed()));
    }
    return blob;
}

std::map<Amount, crypto::Point> decode_keys_blob(const Bytes& blob)
{
    constexpr size_t kEntry = 8 + 33;
    VERIFY(blob.size() % kEntry == 0);
    std::map<Amount, crypto::Point> keys;
    for (size_t at = 0; at < blob.size(); at += kEntry) {
        Amount amount = 0;
        for (size_t i = 0; i < 8; ++i)
            amount = amount << 8 | blob[at + i];
        keys.emplace(amount, rows::point(ByteView{blob}.subspan(at + 8, 33)));
    }
    return keys;
}

constexpr const char* kKeysetColumns = "id,mint,unit,active,input_fee_ppk,final_expiry,keys,read_at";

KeysetRow read_keyset(const db::Statement& row)
{
    Keyset keyset{.id = row.text(0),
                  .unit = rows::enumerator<Unit>(row, 2),
                  .active = row.integer(3) != 0,
                  .input_fee_ppk = row.unsigned_integer(4),
                  .final_expiry = row.optional_integer(5),
                  .keys = decode_keys_blob(row.blob(6))};
    return {std::move(keyset), row.text(1), rows::time(row, 7)};
}

std::string fault_setting(const std::string& mint, WalletStore::MintFault fault)
{
    switch (fault) {
    case WalletStore::MintFault::keysets:
        return "fault keysets " + mint;
    case WalletStore::MintFault::seed:
        return "fault seed " + mint;
    case WalletStore::MintFault::signatures:
        break;
    }
    return "fault " + mint;
}

ScanRow read_scan(const db::Statement& row)
{
    ScanRow scan{.keyset = row.text(0), .mint = row.text(1), .next_counter = row.unsigned_integer(2)};
    scan.empty_batches = static_cast<int>(row.integer(3));
    if (!row.is_null(4))
        scan.highest_hit = row.unsigned_integer(4);
    scan.hits = row.integer(5) != 0;
    scan.failures = static_cast<int>(row.integer(6));
    scan.due_at = rows::time(row, 7);
    return scan;
}

} // namespace

Result<void> WalletStore::migrate(db::Database& database)
{
    return db::migrate(database, "wallet", {kSchema, kBooks});
}

std::string WalletStore::setting(const char* name) const
{
    auto query = database_.prepare("SELECT value FROM wallet_setting WHERE name=?");
    query.bind(name);
    return rows::next(query) ? query.text(0) : std::string{};
}

Result<void> WalletStore::set_mint_fault(const std::string& mint, MintFault fault, std::string_view text)
{
    return set_setting(fault_setting(mint, fault).c_str(), text);
}

std::string WalletStore::mint_fault(const std::string& mint) const
{
    for (const MintFault fault : {MintFault::keysets, MintFault::seed, MintFault::signatures}) {
        std::string text = setting(fault_setting(mint, fault).c_str());
        if (!text.empty())
            return text;
    }
    return {};
}

Result<void> WalletStore::set_setting(const char* name, std::string_view value)
{
    return database_.prepare("INSERT OR REPLACE INTO wallet_setting VALUES(?,?)").bind(name).bind(value).run();
}

std::string WalletStore::mint_info(const std::string& mint) const
{
    auto query = database_.prepare("SELECT info FROM mint WHERE url=?");
    query.bind(mint);
    return rows::next(query) ? query.text(0) : std::string{};
}

Result<void> WalletStore::set_mint_info(const std::string& mint, std::string_view info, UnixTime now)
{
    return database_.prepare("INSERT OR REPLACE INTO mint VALUES(?,?,?)")
        .bind(mint)
        .bind(info)
        .bind(rows::millis(now))
        .run();
}

std::vector<KeysetRow> WalletStore::keysets(const std::string& mint) const
{
    static const std::string kSql = fmt::format("SELECT {} FROM keyset WHERE mint=? ORDER BY id", kKeysetColumns);
    auto query = database_.prepare(kSql.c_str());
    query.bind(mint);
    return rows::all(query, read_keyset);
}

std::optional<UnixTime> WalletStore::keysets_read_at(const std::string& mint) const
{
    auto query = database_.prepare("SELECT max(read_at) FROM keyset WHERE mint=?");
    query.bind(mint);
    return rows::next(query) ? rows::optional_time(query, 0) : std::nullopt;
}

std::vector<Unit> WalletStore::active_units(const std::string& mint) const
{
    auto query = database_.prepare("SELECT DISTINCT unit FROM keyset WHERE mint=? AND active");
    query.bind(mint);
    return rows::all(query, [](const db::Statement& row) { return rows::enumerator<Unit>(row, 0); });
}

std::optional<KeysetRow> WalletStore::keyset(const KeysetId& id) const
{
    static const std::string kSql = fmt::format("SELECT {} FROM keyset WHERE id=?", kKeysetColumns);
    auto query = database_.prepare(kSql.c_str());
    query.bind(id);
    return rows::next(query) ? std::optional{read_keyset(query)} : std::nullopt;
}

std::vector<KeysetId> WalletStore::all_keyset_ids() const
{
    auto query = database_.prepare("SELECT id FROM keyset ORDER BY id");
    std::vector<KeysetId> ids;
    while (rows::next(query))
        ids.push_back(query.text(0));
    return ids;
}

bool WalletStore::is_keyset_used(const KeysetId& id) const
{
    auto query = database_.prepare("SELECT 1 FROM keyset WHERE id=? AND counter>0");
    query.bind(id);
    return rows::next(query);
}

std::string WalletStore::keysets_fingerprint() const
{
    auto query = database_.prepare("SELECT (SELECT count(*)||' '||coalesce(sum(read_at),0)||' '||"
                                   "coalesce(sum(active),0) "
                                   "FROM keyset)||' '||(SELECT coalesce(sum(read_at),0) FROM mint)");
    return rows::next(query) ? query.text(0) : std::string{};
}

Result<void> WalletStore::put_keyset(const KeysetRow& row)
{
    const Keyset& keyset = row.keyset;
    const std::string keys = encode_keys_blob(keyset.keys);
    return database_
        .prepare("INSERT INTO keyset(id,mint,unit,active,input_fee_ppk,final_expiry,keys,read_at) "
                 "VALUES(?,?,?,?,?,?,?,?) ON CONFLICT(id) DO UPDATE SET active=excluded.active, "
                 "input_fee_ppk=excluded.input_fee_ppk, final_expiry=excluded.final_expiry, read_at=excluded.read_at")
        .bind(keyset.id)
        .bind(row.mint)
        .bind(static_cast<int>(keyset.unit))
        .bind(keyset.active)
        .bind(keyset.input_fee_ppk)
        .bind(keyset.final_expiry)
        .bind(as_bytes(keys))
        .bind(rows::millis(row.read_at))
        .run();
}

Result<uint64_t> WalletStore::take_counters(const KeysetId& id, size_t count)
{
    auto query = database_.prepare("UPDATE keyset SET counter=counter+? WHERE id=? RETURNING counter");
    const bool known = TRY(query.bind(static_cast<uint64_t>(count)).bind(id).step());
    if (!known)
        return fail(Errc::conflict, "keyset {} is not known", id);
    const uint64_t after = query.unsigned_integer(0);
    TRY(query.step());
    return after - count;
}

Result<void> WalletStore::raise_counter(const KeysetId& id, uint64_t at_least)
{
    return database_.prepare("UPDATE keyset SET counter=max(counter,?) WHERE id=?").bind(at_least).bind(id).run();
}

uint64_t WalletStore::counter_sum() const
{
    auto query = database_.prepare("SELECT coalesce(sum(counter),0) FROM keyset");
    return rows::next(query) ? query.unsigned_integer(0) : 0;
}

std::optional<ScanRow> WalletStore::scan(const KeysetId& id) const
{
    auto query = database_.prepare("SELECT * FROM keyset_scan WHERE keyset=?");
    query.bind(id);
    return rows::next(query) ? std::optional{read_scan(query)} : std::nullopt;
}

std::vector<ScanRow> WalletStore::scans() const
{
    auto query = database_.prepare("SELECT * FROM keyset_scan ORDER BY keyset");
    return rows::all(query, read_scan);
}

Result<void> WalletStore::put_scan(const ScanRow& row)
{
    return database_.prepare("INSERT OR REPLACE INTO keyset_scan VALUES(?,?,?,?,?,?,?,?)")
        .bind(row.keyset)
        .bind(row.mint)
        .bind(row.next_counter)
        .bind(row.empty_batches)
        .bind(row.highest_hit)
        .bind(row.hits)
        .bind(row.failures)
        .bind(rows::millis(row.due_at))
        .run();
}

Result<void> WalletStore::delete_scan(const KeysetId& id)
{
    return database_.prepare("DELETE FROM keyset_scan WHERE keyset=?").bind(id).run();
}

} // namespace berth::cashu
