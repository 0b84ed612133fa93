#include "db/database.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

namespace berth::db {

namespace {

Unexpected failure(sqlite3* handle, int code)
{
    const bool constraint = (code & 0xff) == SQLITE_CONSTRAINT;
    const bool broken = (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
    const Errc what = constraint ? Errc::conflict : broken ? Errc::corrupt : Errc::unavailable;
    return fail(what, "database: {} ({})", handle ? sqlite3_errmsg(handle) : sqlite3_errstr(code), code);
}

} // namespace

Statement::Statement(Statement&& other) noexcept
    : database_{other.database_}, statement_{other.statement_}, next_parameter_{other.next_parameter_}
{
    other.statement_ = nullptr;
}

Statement::~Statement()
{
    if (!statement_)
        return;
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
}

Statement& Statement::bind(int64_t value)
{
    VERIFY(sqlite3_bind_int64(statement_, next_parameter_++, value) == SQLITE_OK);
    return *this;
}

Statement& Statement::bind(uint64_t value)
{
    return bind(static_cast<int64_t>(value));
}

Statement& Statement::bind(std::string_view value)
{
    VERIFY(sqlite3_bind_text64(statement_, next_parameter_++, value.data(), value.size(), SQLITE_TRANSIENT,
                               SQLITE_UTF8) == SQLITE_OK);
    return *this;
}

Statement& Statement::bind(ByteView value)
{
    // A null pointer would bind NULL instead of an empty blob.
    const void* data = value.empty() ? static_cast<const void*>("") : value.data();
    VERIFY(sqlite3_bind_blob64(statement_, next_parameter_++, data, value.size(), SQLITE_TRANSIENT) == SQLITE_OK);
    return *this;
}

Statement& Statement::bind_null()
{
    VERIFY(sqlite3_bind_null(statement_, next_parameter_++) == SQLITE_OK);
    return *this;
}

Result<bool> Statement::step()
{
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW)
        return true;
    if (code == SQLITE_DONE)
        return false;
    return failure(database_, sqlite3_extended_errcode(database_));
}

Result<void> Statement::run()
{
    for (;;) {
        const bool more = TRY(step());
        if (!more)
            return {};
    }
}

bool Statement::is_null(int column) const
{
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

int64_t Statement::integer(int column) const
{
    return sqlite3_column_int64(statement_, column);
}

uint64_t Statement::unsigned_integer(int column) const
{
    return static_cast<uint64_t>(integer(column));
}

std::string Statement::text(int column) const
{
    const unsigned char* data = sqlite3_column_text(statement_, column);
    const auto size = static_cast<size_t>(sqlite3_column_bytes(statement_, column));
    return data ? std::string{reinterpret_cast<const char*>(data), size} : std::string{};
}

Bytes Statement::blob(int column) const
{
    const auto* data = static_cast<const uint8_t*>(sqlite3_column_blob(statement_, column));
    const auto size = static_cast<size_t>(sqlite3_column_bytes(statement_, column));
    return data ? Bytes{data, data + size} : Bytes{};
}

std::optional<std::string> Statement::optional_text(int column) const
{
    return is_null(column) ? std::nullopt : std::optional{text(column)};
}

std::optional<int64_t> Statement::optional_integer(int column) const
{
    return is_null(column) ? std::nullopt : std::optional{integer(column)};
}

Result<Database> Database::open(const OpenOptions& options)
{
    if (options.vfs.empty() && options.path != ":memory:") {
        // SQLite would create it with the umask's mode; the rows hold bearer secrets.
        const int fd = ::open(options.path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0)
            return fail(errno == EACCES ? Errc::refused : Errc::unavailable, "cannot open {}: {}", options.path,
                        std::strerror(errno));
        ::close(fd);
    }
    sqlite3* handle = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    const int code =
        sqlite3_open_v2(options.path.c_str(), &handle, flags, options.vfs.empty() ? nullptr : options.vfs.c_str());
    Database database{handle};
    if (code != SQLITE_OK)
        return failure(handle, code);
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, 5000);
    if (options.exclusive)
        TRY(database.execute("PRAGMA locking_mode=EXCLUSIVE"));
    const auto read = database.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON");
    if (!read)
        return fail(read.error().code, "{}: {}", options.path, read.error().message);
    TRY(database.execute(fmt::format("PRAGMA cache_size=-{}", options.cache_kib).c_str()));
    return database;
}

Database::Database(Database&& other) noexcept
    : handle_{other.handle_}, statements_{std::move(other.statements_)}, in_transaction_{other.in_transaction_}
{
    other.handle_ = nullptr;
    other.statements_.clear();
}

Database::~Database()
{
    for (const auto& [sql, statement] : statements_)
        sqlite3_finalize(statement);
    sqlite3_close(handle_);
}

Statement Database::prepare(const char* sql)
{
    const auto found = statements_.find(std::string_view{sql});
    if (found != statements_.end() && !sqlite3_stmt_busy(found->second))
        return Statement{handle_, found->second};
    VERIFY(found == statements_.end()); // a statement must not be used inside a loop over itself
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
        fmt::print(stderr, "SQL: {}: {}\n", sqlite3_errmsg(handle_), sql);
        VERIFY(statement);
    }
    statements_.emplace(sql, statement);
    return Statement{handle_, statement};
}

Result<void> Database::execute(const char* sql)
{
    if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
        return failure(handle_, sqlite3_extended_errcode(handle_));
    return {};
}

Result<void> Database::begin()
{
    VERIFY(!in_transaction_);
    TRY(prepare("BEGIN IMMEDIATE").run());
    in_transaction_ = true;
    return {};
}

Result<void> Database::commit()
{
    VERIFY(in_transaction_);
    TRY(prepare("COMMIT").run());
    in_transaction_ = false;
    return {};
}

void Database::roll_back()
{
    in_transaction_ = false;
    // Some errors have rolled back already; then there is nothing left to do.
    if (sqlite3_get_autocommit(handle_) == 0)
        VERIFY(execute("ROLLBACK").has_value());
}

int64_t Database::changes() const
{
    return sqlite3_changes64(handle_);
}

int64_t Database::last_insert_id() const
{
    return sqlite3_last_insert_rowid(handle_);
}

Result<void> migrate(Database& database, const char* component, const std::vector<const char*>& steps)
{
    TRY(database.execute("CREATE TABLE IF NOT EXISTS schema_version("
                         "component TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT"));
    int64_t version = 0;
    {
        Statement query = database.prepare("SELECT version FROM schema_version WHERE component=?");
        const bool known = TRY(query.bind(component).step());
        if (known)
            version = query.integer(0);
    }
    if (version > static_cast<int64_t>(steps.size()))
        return fail(Errc::corrupt, "the database is from a newer berth ({} {} > {})", component, version, steps.size());
    if (version == static_cast<int64_t>(steps.size()))
        return {};
    TRY(database.begin());
    for (auto step = static_cast<size_t>(version); step < steps.size(); ++step) {
        const auto done = database.execute(steps[step]);
        if (!done) {
            database.roll_back();
            return pass_on(done);
        }
    }
    const auto recorded = database.prepare("INSERT OR REPLACE INTO schema_version VALUES(?,?)")
                              .bind(component)
                              .bind(static_cast<int64_t>(steps.size()))
                              .run();
    if (!recorded) {
        database.roll_back();
        return pass_on(recorded);
    }
    return database.commit();
}

} // namespace berth::db
