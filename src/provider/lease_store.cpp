#include "provider/lease_store.h"

#include "provider/lease_json.h"

namespace berth::provider {

namespace {

constexpr const char* kSchema = R"(
CREATE TABLE lease(
    id            TEXT PRIMARY KEY,
    number        INTEGER NOT NULL,
    state         TEXT NOT NULL,
    owner         TEXT NOT NULL,
    workload      TEXT NOT NULL,   -- JSON: what the backend needs
    spec          TEXT NOT NULL,   -- JSON: the size as it was sold
    username      TEXT NOT NULL,
    password      TEXT NOT NULL,
    duration_s    INTEGER NOT NULL,
    redemption    INTEGER NOT NULL,
    created_ms    INTEGER NOT NULL,
    expires_ms    INTEGER NOT NULL,
    container_id  TEXT NOT NULL,
    network_id    TEXT NOT NULL,
    container_ip  TEXT NOT NULL,
    attempts      INTEGER NOT NULL,
    next_try_ms   INTEGER NOT NULL,
    end_reason    TEXT NOT NULL,
    ended_ms      INTEGER
) STRICT;
CREATE INDEX lease_by_number ON lease(number);
-- One running lease a number: the rule that a late delete must never meet the next tenant rests on it.
CREATE UNIQUE INDEX lease_open_number ON lease(number) WHERE state <> 'ended';
)";

constexpr const char* kLockSchema = R"(
ALTER TABLE lease ADD COLUMN clock_stopped_ms INTEGER;
ALTER TABLE lease ADD COLUMN locked_until_ms INTEGER NOT NULL DEFAULT 0;
)";

constexpr const char* kUpkeepSchema = R"(
ALTER TABLE lease ADD COLUMN warned_for_ms INTEGER NOT NULL DEFAULT 0;  -- the expiry that its owner was warned of
ALTER TABLE lease ADD COLUMN restarts TEXT;                             -- JSON
ALTER TABLE lease ADD COLUMN rebuilt INTEGER NOT NULL DEFAULT 0;        -- from its file, after the rows were lost
)";

// Before the table of leases is made: a database without it is new.
constexpr const char* kRebuildSchema = R"(
CREATE TABLE rebuild(
    due           INTEGER NOT NULL,   -- files of leases may know what was lost
    hold_until_ms INTEGER NOT NULL    -- objects of leases that no row knows stay until then
) STRICT;
INSERT INTO rebuild SELECT NOT EXISTS(SELECT 1 FROM sqlite_master WHERE type='table' AND name='lease'), 0;
)";

constexpr const char* kColumns = "id,number,state,owner,workload,spec,username,password,duration_s,redemption,"
                                 "created_ms,expires_ms,container_id,network_id,container_ip,attempts,next_try_ms,"
                                 "end_reason,clock_stopped_ms,locked_until_ms,warned_for_ms,restarts,rebuilt";

int64_t milliseconds_of(UnixTime time)
{
    return time.time_since_epoch().count();
}

UnixTime time_of(int64_t milliseconds)
{
    return UnixTime{std::chrono::milliseconds{milliseconds}};
}

std::optional<int64_t> clock_stop_of(const Lease& lease)
{
    return lease.clock_stopped_at ? std::optional{milliseconds_of(*lease.clock_stopped_at)} : std::nullopt;
}

Result<Lease> decode_row(const db::Statement& row)
{
    Lease lease;
    lease.id = row.text(0);
    lease.state = TRY(parse_lease_state(row.text(2)));
    lease.owner = row.text(3);
    lease.workload = TRY(decode_workload(row.text(4)));
    lease.spec = TRY(decode_spec(row.text(5)));
    lease.workload.number = static_cast<uint32_t>(row.integer(1));
    lease.workload.lease = lease.id;
    lease.username = row.text(6);
    lease.password = row.text(7);
    lease.duration = std::chrono::seconds{row.integer(8)};
    lease.redemption = row.integer(9);
    lease.created_at = time_of(row.integer(10));
    lease.expires_at = time_of(row.integer(11));
    lease.container_id = row.text(12);
    lease.network_id = row.text(13);
    lease.container_ip = row.text(14);
    lease.attempts = static_cast<int>(row.integer(15));
    lease.next_try = time_of(row.integer(16));
    lease.end_reason = row.text(17);
    if (!row.is_null(18))
        lease.clock_stopped_at = time_of(row.integer(18));
    lease.locked_until = time_of(row.integer(19));
    lease.warned_for = time_of(row.integer(20));
    if (!row.is_null(21))
        lease.restarts = TRY(decode_restarts(row.text(21)));
    lease.rebuilt = row.integer(22) != 0;
    return lease;
}

} // namespace

Result<void> LeaseStore::migrate()
{
    TRY(db::migrate(database_, "rebuild", {kRebuildSchema}));
    return db::migrate(database_, "lease", {kSchema, kLockSchema, kUpkeepSchema});
}

Result<void> LeaseStore::insert(const Lease& lease)
{
    static const std::string sql =
        fmt::format("INSERT INTO lease({}) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", kColumns);
    return database_.prepare(sql.c_str())
        .bind(lease.id)
        .bind(static_cast<int64_t>(lease.workload.number))
        .bind(name_of(lease.state))
        .bind(lease.owner)
        .bind(encode_workload(lease.workload, Secrets::kept))
        .bind(encode_spec(lease.spec))
        .bind(lease.username)
        .bind(lease.password)
        .bind(static_cast<int64_t>(lease.duration.count()))
        .bind(lease.redemption)
        .bind(milliseconds_of(lease.created_at))
        .bind(milliseconds_of(lease.expires_at))
        .bind(lease.container_id)
        .bind(lease.network_id)
        .bind(lease.container_ip)
        .bind(lease.attempts)
        .bind(milliseconds_of(lease.next_try))
        .bind(lease.end_reason)
        .bind(clock_stop_of(lease))
        .bind(milliseconds_of(lease.locked_until))
        .bind(milliseconds_of(lease.warned_for))
        .bind(encode_restarts(lease.restarts))
        .bind(lease.rebuilt ? 1 : 0)
        .run();
}

Result<void> LeaseStore::update(const Lease& lease, UnixTime now)
{
    // No container is made of an ended lease any more: the secrets that its owner set for it need not outlive it.
    if (lease.state == LeaseState::ended)
        TRY(database_.prepare("UPDATE lease SET workload=? WHERE id=?")
                .bind(encode_workload(lease.workload, Secrets::left_out))
                .bind(lease.id)
                .run());
    return database_
        .prepare("UPDATE lease SET state=?, duration_s=?, redemption=?, expires_ms=?, container_id=?, network_id=?, "
                 "container_ip=?, attempts=?, next_try_ms=?, end_reason=?, clock_stopped_ms=?, locked_until_ms=?, "
                 "warned_for_ms=?, restarts=?, ended_ms=? WHERE id=?")
        .bind(name_of(lease.state))
        .bind(static_cast<int64_t>(lease.duration.count()))
        .bind(lease.redemption)
        .bind(milliseconds_of(lease.expires_at))
        .bind(lease.container_id)
        .bind(lease.network_id)
        .bind(lease.container_ip)
        .bind(lease.attempts)
        .bind(milliseconds_of(lease.next_try))
        .bind(lease.end_reason)
        .bind(clock_stop_of(lease))
        .bind(milliseconds_of(lease.locked_until))
        .bind(milliseconds_of(lease.warned_for))
        .bind(encode_restarts(lease.restarts))
        .bind(lease.state == LeaseState::ended ? std::optional{milliseconds_of(now)} : std::nullopt)
        .bind(lease.id)
        .run();
}

Result<std::vector<Lease>> LeaseStore::load_open()
{
    static const std::string sql =
        fmt::format("SELECT {} FROM lease WHERE state <> 'ended' ORDER BY created_ms", kColumns);
    db::Statement query = database_.prepare(sql.c_str());
    return db::read_rows<Lease>(query, decode_row);
}

Result<std::optional<Lease>> LeaseStore::find_ended(uint32_t number)
{
    static const std::string sql =
        fmt::format("SELECT {} FROM lease WHERE number=? AND state='ended' ORDER BY ended_ms DESC LIMIT 1", kColumns);
    db::Statement query = database_.prepare(sql.c_str());
    const bool found = TRY(query.bind(static_cast<int64_t>(number)).step());
    if (!found)
        return std::optional<Lease>{};
    Lease lease = TRY(decode_row(query));
    return std::optional<Lease>{std::move(lease)};
}

Result<std::optional<Lease>> LeaseStore::find(const std::string& id)
{
    static const std::string sql = fmt::format("SELECT {} FROM lease WHERE id=?", kColumns);
    db::Statement query = database_.prepare(sql.c_str());
    const bool found = TRY(query.bind(id).step());
    if (!found)
        return std::optional<Lease>{};
    Lease lease = TRY(decode_row(query));
    return std::optional<Lease>{std::move(lease)};
}

Result<std::vector<uint32_t>> LeaseStore::used_numbers_oldest_first()
{
    db::Statement query = database_.prepare("SELECT number, max(ended_ms) AS last, min(state='ended') AS free "
                                            "FROM lease GROUP BY number HAVING free=1 ORDER BY last");
    std::vector<uint32_t> numbers;
    for (;;) {
        const bool more = TRY(query.step());
        if (!more)
            return numbers;
        numbers.push_back(static_cast<uint32_t>(query.integer(0)));
    }
}

Result<uint64_t> LeaseStore::count_completed()
{
    db::Statement query = database_.prepare("SELECT count(*) FROM lease WHERE end_reason='expired'");
    TRY(query.step());
    return query.unsigned_integer(0);
}

Result<RebuildState> LeaseStore::load_rebuild()
{
    db::Statement query = database_.prepare("SELECT due, hold_until_ms FROM rebuild");
    TRY(query.step());
    return RebuildState{.is_due = query.integer(0) != 0, .hold_until = time_of(query.integer(1))};
}

Result<void> LeaseStore::save_rebuild(const RebuildState& state)
{
    return database_.prepare("UPDATE rebuild SET due=?, hold_until_ms=?")
        .bind(state.is_due ? 1 : 0)
        .bind(milliseconds_of(state.hold_until))
        .run();
}

} // namespace berth::provider
