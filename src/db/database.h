#pragma once
// RAII SQLite: one connection, WAL, synchronous=FULL, one writer thread. Statements are prepared once and cached.
// A failed write is Errc::unavailable (disk full, I/O), which must stop the step that relied on it;
// a violated constraint is Errc::conflict.

#include "util/bytes.h"
#include "util/result.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace berth::db {

/// One prepared statement in use. Bind parameters from 1 on, in order, then step. Returned to the cache when it dies.
class Statement {
public:
    Statement(sqlite3* database, sqlite3_stmt* statement) : database_{database}, statement_{statement} {}
    ~Statement();
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&&) = delete;
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    Statement& bind(int64_t value);
    Statement& bind(uint64_t value); ///< stored as the same 64 bits (as SQLite's signed integer)
    Statement& bind(int value) { return bind(static_cast<int64_t>(value)); }
    Statement& bind(bool value) { return bind(static_cast<int64_t>(value)); }
    Statement& bind(std::string_view value);
    Statement& bind(const std::string& value) { return bind(std::string_view{value}); }
    Statement& bind(const char* value) { return bind(std::string_view{value}); }
    Statement& bind(ByteView value);
    Statement& bind_null();
    template <class T>
    Statement& bind(const std::optional<T>& value)
    {
        return value ? bind(*value) : bind_null();
    }

    /// The next row: true when there is one.
    [[nodiscard]] Result<bool> step();
    /// Runs a statement that gives no rows.
    [[nodiscard]] Result<void> run();

    [[nodiscard]] bool is_null(int column) const;
    [[nodiscard]] int64_t integer(int column) const;
    [[nodiscard]] uint64_t unsigned_integer(int column) const;
    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] Bytes blob(int column) const;
    [[nodiscard]] std::optional<std::string> optional_text(int column) const;
    [[nodiscard]] std::optional<int64_t> optional_integer(int column) const;

private:
    sqlite3* database_;
    sqlite3_stmt* statement_;
    int next_parameter_ = 1;
};

/// Every row of a query, each as `decode` makes it: a Row, or a Result of one. The first error ends it.
template <class Row, class Decode>
[[nodiscard]] Result<std::vector<Row>> read_rows(Statement& query, Decode decode)
{
    std::vector<Row> rows;
    for (;;) {
        const bool more = TRY(query.step());
        if (!more)
            return rows;
        Result<Row> row = decode(query);
        if (!row)
            return pass_on(row);
        rows.push_back(std::move(*row));
    }
}

struct OpenOptions {
    std::string path;       ///< created with mode 0600; ":memory:" works
    std::string vfs;        ///< empty: the system's; the simulation brings its own
    bool exclusive = false; ///< locking_mode=EXCLUSIVE: no shared-memory file, and no second process
    int cache_kib = 512;
};

class Database {
public:
    [[nodiscard]] static Result<Database> open(const OpenOptions& options);
    ~Database();
    Database(Database&&) noexcept;
    Database& operator=(Database&&) = delete;
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    /// A cached statement. The SQL is ours, so a mistake in it is a broken invariant.
    [[nodiscard]] Statement prepare(const char* sql);
    /// Several statements without parameters.
    [[nodiscard]] Result<void> execute(const char* sql);

    /// BEGIN IMMEDIATE; every begin is followed by commit() or roll_back().
    [[nodiscard]] Result<void> begin();
    [[nodiscard]] Result<void> commit();
    void roll_back();
    [[nodiscard]] bool in_transaction() const { return in_transaction_; }

    /// Rows that the last INSERT, UPDATE or DELETE changed.
    [[nodiscard]] int64_t changes() const;
    [[nodiscard]] int64_t last_insert_id() const;

private:
    explicit Database(sqlite3* handle) : handle_{handle} {}
    sqlite3* handle_;
    std::map<std::string, sqlite3_stmt*, std::less<>> statements_;
    bool in_transaction_ = false;
};

/// Forward-only migrations of one component: the steps beyond its recorded version run in one transaction.
/// corrupt if the file is from a newer berth.
[[nodiscard]] Result<void> migrate(Database& database, const char* component, const std::vector<const char*>& steps);

} // namespace berth::db
