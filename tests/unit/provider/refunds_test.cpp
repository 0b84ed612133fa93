#include "provider/refunds.h"

#include "util/json.h"

#include <doctest/doctest.h>

namespace berth::provider {
namespace {

using cashu::Msat;
using cashu::Unit;

constexpr const char* kMint = "https://mint.example";
constexpr const char* kOther = "https://other.example";

Refund two_part_refund()
{
    return {.key = "rest:aa",
            .lease = "aa",
            .member = "refund",
            .body = R"({"request":"stop"})",
            .parts = {{kMint, Unit::sat, 5}, {kOther, Unit::msat, 700}}};
}

TEST_CASE("what is owed comes from the newest payments first, in whole units, and never exceeds a payment")
{
    const std::vector<Credit> credits{{kMint, Unit::sat, Msat{4'000}}, {kOther, Unit::sat, Msat{10'000}}};
    const auto parts = share_out(Msat{6'999}, credits);
    REQUIRE(parts.size() == 2);
    CHECK(parts[0].mint == kMint);
    CHECK(parts[0].amount == 4);
    CHECK(parts[1].mint == kOther);
    CHECK(parts[1].amount == 2);
    CHECK(share_out(Msat{100'000}, credits)[1].amount == 10);
    CHECK(share_out(Msat{999}, credits).empty());
}

TEST_CASE("payments at one mint in one unit come back as one token")
{
    const std::vector<Credit> credits{{kMint, Unit::sat, Msat{1'500}}, {kMint, Unit::sat, Msat{1'500}}};
    const auto parts = share_out(Msat{3'000}, credits);
    REQUIRE(parts.size() == 1);
    CHECK(parts[0].amount == 3);
}

TEST_CASE("a refund without tokens says that it is due, one with them carries each")
{
    const Json due = Json::parse(with_money(two_part_refund(), {}));
    CHECK(due.at("refund").at("state") == "due");
    CHECK(!due.at("refund").contains("token"));
    const Json made = Json::parse(with_money(two_part_refund(), {"cashuBone", "cashuBtwo"}));
    CHECK(made.at("refund").at("token") == "cashuBone");
    CHECK(made.at("refunds").at(1).at("amount") == 700);
    CHECK(made.at("details") == "refund: cashuBone cashuBtwo");
}

TEST_CASE("where nothing is owed the body stays as it is")
{
    Refund refund = two_part_refund();
    refund.parts.clear();
    CHECK(with_money(refund, {}) == refund.body);
}

TEST_CASE("a refund's row comes back as it was written, and is due until it has a reply")
{
    auto database = db::Database::open({.path = ":memory:"});
    REQUIRE(database);
    RefundStore store{*database};
    REQUIRE(store.migrate());
    Refund refund = two_part_refund();
    REQUIRE(store.insert(refund));
    CHECK(!store.insert(refund));
    CHECK(store.find_by_payout("rest:aa/1").value()->parts[1].amount == 700);
    CHECK(store.find_final("aa").value()->member == "refund");
    CHECK(store.load_due().value().size() == 1);
    REQUIRE(store.settle(refund.key, "{}"));
    CHECK(store.load_due().value().empty());
    CHECK(store.find(refund.key).value()->reply == "{}");
    CHECK(!store.find("rest:bb").value());
}

} // namespace
} // namespace berth::provider
