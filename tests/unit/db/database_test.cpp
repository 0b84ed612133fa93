#include "db/database.h"

#include "support/temporary_folder.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace berth;
using namespace berth::db;

namespace {

struct Directory {
    [[nodiscard]] std::string file() const { return (folder.path() / "berth.db").string(); }

    const test::TemporaryFolder folder;
};

Database in_memory()
{
    return Database::open({.path = ":memory:"}).value();
}

int64_t count(Database& database)
{
    Statement query = database.prepare("SELECT count(*) FROM item");
    REQUIRE(query.step().value());
    return query.integer(0);
}

constexpr const char* kCreate = "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT UNIQUE, data BLOB) STRICT";
constexpr const char* kInsert = "INSERT INTO item(name) VALUES(?)";

} // namespace

TEST_CASE("a new file can be read by its owner alone")
{
    const Directory directory;
    REQUIRE(Database::open({.path = directory.file()}));
    using std::filesystem::perms;
    CHECK(std::filesystem::status(directory.file()).permissions() == (perms::owner_read | perms::owner_write));
}

TEST_CASE("a file that is no database is corrupt, and a missing directory unavailable")
{
    const Directory directory;
    std::ofstream{directory.file()} << std::string(4096, 'x');
    const auto garbage = Database::open({.path = directory.file()});
    REQUIRE_FALSE(garbage);
    CHECK(garbage.error().code == Errc::corrupt);
    const auto nowhere = Database::open({.path = directory.file() + "/no/such.db"});
    REQUIRE_FALSE(nowhere);
    CHECK(nowhere.error().code == Errc::unavailable);
}

TEST_CASE("values come back as they were bound")
{
    Database database = in_memory();
    REQUIRE(database.execute("CREATE TABLE v(a, b, c, d, e, f)"));
    REQUIRE(database.prepare("INSERT INTO v VALUES(?,?,?,?,?,?)")
                .bind(INT64_MIN)
                .bind(UINT64_MAX)
                .bind(std::string_view{"a\0b", 3})
                .bind(ByteView{})
                .bind(std::optional<std::string>{})
                .bind(std::optional<int64_t>{5})
                .run());
    Statement query = database.prepare("SELECT * FROM v");
    REQUIRE(query.step().value());
    CHECK(query.integer(0) == INT64_MIN);
    CHECK(query.unsigned_integer(1) == UINT64_MAX);
    CHECK(query.text(2) == std::string{"a\0b", 3});
    CHECK_FALSE(query.is_null(3));
    CHECK(query.blob(3).empty());
    CHECK_FALSE(query.optional_text(4).has_value());
    CHECK(query.optional_integer(5) == 5);
    CHECK_FALSE(query.step().value());
}

TEST_CASE("a violated constraint is a conflict, and leaves the statement usable")
{
    Database database = in_memory();
    REQUIRE(database.execute(kCreate));
    REQUIRE(database.prepare(kInsert).bind("one").run());
    const auto again = database.prepare(kInsert).bind("one").run();
    REQUIRE_FALSE(again);
    CHECK(again.error().code == Errc::conflict);
    CHECK(database.prepare(kInsert).bind("two").run());
    CHECK(database.changes() == 1);
    CHECK(database.last_insert_id() == 2);
    CHECK(count(database) == 2);
}

TEST_CASE("a transaction keeps all or nothing")
{
    Database database = in_memory();
    REQUIRE(database.execute(kCreate));
    REQUIRE(database.begin());
    CHECK(database.in_transaction());
    REQUIRE(database.prepare(kInsert).bind("one").run());
    database.roll_back();
    CHECK_FALSE(database.in_transaction());
    CHECK(count(database) == 0);

    REQUIRE(database.begin());
    REQUIRE(database.prepare(kInsert).bind("one").run());
    REQUIRE(database.commit());
    CHECK_FALSE(database.in_transaction());
    CHECK(count(database) == 1);
}

TEST_CASE("what was committed is there after opening again, and what was not is gone")
{
    const Directory directory;
    {
        Database database = Database::open({.path = directory.file()}).value();
        REQUIRE(database.execute(kCreate));
        REQUIRE(database.prepare(kInsert).bind("kept").run());
        REQUIRE(database.begin());
        REQUIRE(database.prepare(kInsert).bind("lost").run());
    }
    Database database = Database::open({.path = directory.file()}).value();
    CHECK(count(database) == 1);
}

TEST_CASE("migrations run once each, forward only")
{
    Database database = in_memory();
    REQUIRE(migrate(database, "test", {kCreate}));
    REQUIRE(database.prepare(kInsert).bind("one").run());
    REQUIRE(migrate(database, "test", {kCreate}));
    REQUIRE(migrate(database, "test", {kCreate, "UPDATE item SET name='two'"}));
    Statement query = database.prepare("SELECT name FROM item");
    REQUIRE(query.step().value());
    CHECK(query.text(0) == "two");
}

TEST_CASE("a failing migration changes nothing")
{
    Database database = in_memory();
    CHECK_FALSE(migrate(database, "test", {kCreate, "INSERT INTO nowhere VALUES(1)"}));
    CHECK_FALSE(database.in_transaction());
    CHECK(migrate(database, "test", {kCreate}));
}

TEST_CASE("components count their versions separately")
{
    Database database = in_memory();
    REQUIRE(migrate(database, "one", {kCreate}));
    CHECK(migrate(database, "two", {"CREATE TABLE other(id INTEGER) STRICT"}));
}

TEST_CASE("a file from a newer version is refused")
{
    Database database = in_memory();
    REQUIRE(migrate(database, "test", {kCreate, "SELECT 1"}));
    const auto older = migrate(database, "test", {kCreate});
    REQUIRE_FALSE(older);
    CHECK(older.error().code == Errc::corrupt);
}
