#include "cashu/wallet_ledger.h"

#include "cashu/wallet_store.h"

#include <doctest/doctest.h>

namespace berth::cashu {

namespace {

struct Books {
    Books() { REQUIRE(WalletStore::migrate(database)); }

    static LedgerDraft draft(Unit unit = Unit::sat, const std::string& name = {})
    {
        return LedgerDraft{{.at = from_unix_seconds(1'800'000'000),
                            .movement = Movement::receive,
                            .mint = "https://mint.example",
                            .unit = unit,
                            .operation = 7,
                            .name = name}};
    }

    db::Database database = db::Database::open({.path = ":memory:"}).value();
    Ledger ledger{database};
};

} // namespace

TEST_CASE("an entry is kept in msat with every leg, and found by its operation or name")
{
    Books books;
    auto draft = Books::draft(Unit::sat, "pay");
    draft.take(Account::customers, 12).add(Account::reserved, 11).balance_with(Account::mint_fees);
    REQUIRE(books.ledger.post(draft));
    for (const auto& entry :
         {books.ledger.find(Movement::receive, 7), books.ledger.find(Movement::receive, std::string{"pay"})}) {
        REQUIRE(entry.has_value());
        CHECK(leg_of(*entry, Account::customers) == -12'000);
        CHECK(leg_of(*entry, Account::reserved) == 11'000);
        CHECK(leg_of(*entry, Account::mint_fees) == 1'000);
        CHECK(leg_of(*entry, Account::unspent) == 0);
    }
    CHECK_FALSE(books.ledger.find(Movement::deposit, 7));
    CHECK_FALSE(books.ledger.find(Movement::receive, std::string{}));
    CHECK(books.ledger.unbalanced().empty());
}

TEST_CASE("amounts that msat can't hold are refused, and nothing of them is written")
{
    Books books;
    auto large = Books::draft(Unit::msat);
    large.add(Account::unspent, UINT64_MAX).balance_with(Account::opening);
    CHECK(large.overflows());
    CHECK_FALSE(books.ledger.post(large));
    auto sum = Books::draft(Unit::msat);
    sum.add(Account::unspent, INT64_MAX).add(Account::reserved, INT64_MAX).balance_with(Account::opening);
    CHECK_FALSE(books.ledger.post(sum));
    auto sats = Books::draft(Unit::sat);
    sats.add(Account::unspent, UINT64_MAX / 1000 + 1).balance_with(Account::opening);
    CHECK_FALSE(books.ledger.post(sats));
    CHECK(books.ledger.count() == 0);
}

TEST_CASE("an entry that moves nothing is not written")
{
    Books books;
    auto nothing = Books::draft();
    nothing.take(Account::reserved, 0).add(Account::unspent, 0).balance_with(Account::lost);
    REQUIRE(books.ledger.post(nothing));
    CHECK(books.ledger.count() == 0);
}

TEST_CASE("sums add up by mint, unit and account, and history begins with the newest")
{
    Books books;
    for (const Amount amount : {Amount{5}, Amount{8}}) {
        auto draft = Books::draft();
        REQUIRE(books.ledger.post(draft.take(Account::customers, amount).add(Account::unspent, amount)));
    }
    const auto sums = books.ledger.sums();
    REQUIRE(sums.size() == 2);
    CHECK(sums[0].account == Account::unspent);
    CHECK(sums[0].msat == 13'000);
    CHECK(sums[1].msat == -13'000);
    const auto newest = books.ledger.newest(1);
    REQUIRE(newest.size() == 1);
    CHECK(leg_of(newest[0], Account::unspent) == 8'000);
}

TEST_CASE("an entry whose legs were changed or removed is called unbalanced, and so are legs without an entry")
{
    Books books;
    for (int i = 0; i < 3; ++i) {
        auto draft = Books::draft();
        REQUIRE(books.ledger.post(draft.take(Account::customers, 5).add(Account::unspent, 5)));
    }
    REQUIRE(books.database.execute("UPDATE ledger_leg SET msat=msat+1 WHERE entry=1 AND account=0"));
    REQUIRE(books.database.execute("DELETE FROM ledger_leg WHERE entry=2"));
    REQUIRE(books.database.execute("DELETE FROM ledger_entry WHERE id=3"));
    CHECK(books.ledger.unbalanced() == std::vector<int64_t>{1, 2, 3});
}

} // namespace berth::cashu
