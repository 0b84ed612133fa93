#include "provider/lease_store.h"

#include "util/json.h"

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

constexpr const char* kColumns = "id,number,state,owner,workload,spec,username,password,duration_s,redemption,"
                                 "created_ms,expires_ms,container_id,network_id,container_ip,attempts,next_try_ms,"
                                 "end_reason,clock_stopped_ms,locked_until_ms";

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

std::string encode_workload(const compute::WorkloadSpec& workload)
{
    Json ports = Json::array();
    for (const compute::PortMapping& port : workload.ports)
        ports.push_back({port.container_port, port.host_port, port.protocol, port.label, port.scheme});
    return dump_json(Json{{"image", workload.image},
                          {"cpu_millicores", workload.cpu_millicores},
                          {"memory_mb", workload.memory_mb},
                          {"disk_gb", workload.disk_gb},
                          {"pids_max", workload.pids_max},
                          {"nofile_max", workload.nofile_max},
                          {"environment", workload.environment},
                          {"command", workload.command},
                          {"ports", ports},
                          {"publish_address", workload.publish_address},
                          {"data_path", workload.data_path},
                          {"encrypted", workload.encrypted},
                          {"keep_alive", workload.keep_alive}});
}

/// Our own rows: a mistake in them is corruption of the file, which SQLite's checks and the exception border report.
compute::WorkloadSpec decode_workload(const std::string& text)
{
    const Json json = Json::parse(text);
    compute::WorkloadSpec workload;
    workload.image = json.at("image").get<std::string>();
    workload.cpu_millicores = json.at("cpu_millicores").get<uint32_t>();
    workload.memory_mb = json.at("memory_mb").get<uint64_t>();
    workload.disk_gb = json.at("disk_gb").get<uint64_t>();
    workload.pids_max = json.at("pids_max").get<uint32_t>();
    workload.nofile_max = json.at("nofile_max").get<uint32_t>();
    workload.environment = json.at("environment").get<std::map<std::string, std::string>>();
    workload.command = json.at("command").get<std::vector<std::string>>();
    for (const Json& port : json.at("ports"))
        workload.ports.push_back({.container_port = port.at(0).get<uint16_t>(),
                                  .host_port = port.at(1).get<uint16_t>(),
                                  .protocol = port.at(2).get<std::string>(),
                                  .label = port.at(3).get<std::string>(),
                                  .scheme = port.at(4).get<std::string>()});
    workload.publish_address = json.at("publish_address").get<std::string>();
    workload.data_path = json.at("data_path").get<std::string>();
    workload.encrypted = json.value("encrypted", false);
    workload.keep_alive = json.at("keep_alive").get<bool>();
    return workload;
}

std::string encode_spec(const Spec& spec)
{
    return dump_json(Json{{"id", spec.id},
                          {"name", spec.name},
                          {"description", spec.description},
                          {"cpu_millicores", spec.cpu_millicores},
                          {"memory_mb", spec.memory_mb},
                          {"disk_gb", spec.disk_gb},
                          {"rate_msats_per_sec", spec.rate_msats_per_sec}});
}

Spec decode_spec(const std::string& text)
{
    const Json json = Json::parse(text);
    return Spec{.id = json.at("id").get<std::string>(),
                .name = json.at("name").get<std::string>(),
                .description = json.at("description").get<std::string>(),
                .cpu_millicores = json.at("cpu_millicores").get<uint32_t>(),
                .memory_mb = json.at("memory_mb").get<uint64_t>(),
                .disk_gb = json.at("disk_gb").get<uint64_t>(),
                .rate_msats_per_sec = json.at("rate_msats_per_sec").get<uint64_t>()};
}

Result<Lease> decode_row(const db::Statement& row)
{
    Lease lease;
    lease.id = row.text(0);
    lease.state = TRY(parse_lease_state(row.text(2)));
    lease.owner = row.text(3);
    try {
        lease.workload = decode_workload(row.text(4));
        lease.spec = decode_spec(row.text(5));
    } catch (const Json::exception& problem) {
        return fail(Errc::corrupt, "lease {}: {}", lease.id, problem.what());
    }
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
    return lease;
}

} // namespace

Result<void> LeaseStore::migrate()
{
    return db::migrate(database_, "lease", {kSchema, kLockSchema});
}

Result<void> LeaseStore::insert(const Lease& lease)
{
    static const std::string sql =
        fmt::format("INSERT INTO lease({}) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", kColumns);
    return database_.prepare(sql.c_str())
        .bind(lease.id)
        .bind(static_cast<int64_t>(lease.workload.number))
        .bind(name_of(lease.state))
        .bind(lease.owner)
        .bind(encode_workload(lease.workload))
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
        .run();
}

Result<void> LeaseStore::update(const Lease& lease, UnixTime now)
{
    return database_
        .prepare("UPDATE lease SET state=?, duration_s=?, redemption=?, expires_ms=?, container_id=?, network_id=?, "
                 "container_ip=?, attempts=?, next_try_ms=?, end_reason=?, clock_stopped_ms=?, locked_until_ms=?, "
                 "ended_ms=? WHERE id=?")
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

} // namespace berth::provider
