#pragma once
// How the wallet's values stand in SQLite columns. Private to the stateful part of this folder.

#include "crypto/secp256k1.h"
#include "db/database.h"
#include "util/time.h"

#include <type_traits>
#include <vector>

namespace berth::cashu::rows {

/// Steps a query. Reading our own file must work: without it nothing can be decided, and a restart recovers.
[[nodiscard]] inline bool next(db::Statement& query)
{
    const auto row = query.step();
    VERIFY(row.has_value());
    return *row;
}

/// Every row of a query, each as `read` makes it.
template <class Read>
[[nodiscard]] auto all(db::Statement& query, Read read)
{
    std::vector<std::invoke_result_t<Read, const db::Statement&>> found;
    while (next(query))
        found.push_back(read(query));
    return found;
}

[[nodiscard]] inline int64_t millis(UnixTime time)
{
    return time.time_since_epoch().count();
}

[[nodiscard]] inline std::optional<int64_t> millis(const std::optional<UnixTime>& time)
{
    return time ? std::optional{millis(*time)} : std::nullopt;
}

[[nodiscard]] inline UnixTime time(const db::Statement& row, int column)
{
    return UnixTime{std::chrono::milliseconds{row.integer(column)}};
}

[[nodiscard]] inline std::optional<UnixTime> optional_time(const db::Statement& row, int column)
{
    return row.is_null(column) ? std::nullopt : std::optional{time(row, column)};
}

/// What SQLite's own sum() refuses to add up beyond 64 bits, and a mint can sign for: selected as
/// `sum(x>>31),sum(x&2147483647)`, and exact modulo 2^64.
[[nodiscard]] inline uint64_t sum_of_halves(const db::Statement& row, int column)
{
    return (row.unsigned_integer(column) << 31) + row.unsigned_integer(column + 1);
}

template <class Enum>
[[nodiscard]] Enum enumerator(const db::Statement& row, int column)
{
    return static_cast<Enum>(row.integer(column));
}

/// Points were parsed before they were written.
[[nodiscard]] inline crypto::Point point(ByteView compressed)
{
    auto parsed = crypto::Point::parse(compressed);
    VERIFY(parsed.has_value());
    return std::move(parsed).value();
}

/// Runs `change` whole or not at all within the caller's transaction.
template <class Function>
[[nodiscard]] Result<void> in_savepoint(db::Database& database, Function&& change)
{
    TRY(database.execute("SAVEPOINT wallet"));
    const Result<void> changed = change();
    if (changed)
        return database.execute("RELEASE wallet");
    // A full disk may have ended the whole transaction already; then there is no savepoint left to go back to.
    if (database.execute("ROLLBACK TO wallet"))
        TRY(database.execute("RELEASE wallet"));
    return changed;
}

} // namespace berth::cashu::rows
