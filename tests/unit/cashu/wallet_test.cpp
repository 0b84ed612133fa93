#include "wallet_world.h"

#include "cashu/redeem.h"

namespace berth::cashu::test {

TEST_CASE("a token is swapped, credited net of the fee, and refunded as the very proofs received")
{
    for (const bool v2 : {false, true}) {
        WalletWorld world{{.v2 = v2, .input_fee_ppk = 100}};
        world.begin(world.mint.issue_token({1, 4, 8}));
        world.settle();
        world.check_received(12);
    }
}

TEST_CASE("whatever happens to the first answer, the value arrives exactly once")
{
    for (const SwapFault fault :
         {SwapFault::lose_request, SwapFault::lose_answer, SwapFault::rate_limit, SwapFault::rate_limit_after,
          SwapFault::bad_gateway_after, SwapFault::spent_after, SwapFault::pending, SwapFault::swap_order,
          SwapFault::wrong_amount, SwapFault::bad_dleq, SwapFault::no_dleq, SwapFault::one_short}) {
        CAPTURE(static_cast<int>(fault));
        WalletWorld world;
        world.mint.swap_faults = {fault};
        world.begin(world.mint.issue_token({2, 8}));
        world.settle(5min);
        world.check_received(10);
        CHECK(world.mint.swaps_executed == 1);
    }
}

TEST_CASE("a crash at any point of a redemption neither loses nor doubles it")
{
    // Before the post leaves; executed but unanswered; after the credit.
    for (int point = 0; point < 3; ++point) {
        CAPTURE(point);
        WalletWorld world;
        world.begin(world.mint.issue_token({4, 4}));
        if (point == 1)
            world.http.execute_without_answer();
        if (point == 2)
            world.settle();
        world.crash();
        world.settle(1min);
        world.check_received(8);
        CHECK(world.mint.swaps_executed == 1);
    }
}

TEST_CASE("a repeated post sends the same bytes")
{
    WalletWorld world;
    world.mint.swap_faults = {SwapFault::lose_request};
    world.begin(world.mint.issue_token({2, 8}));
    world.settle(1min);
    REQUIRE(world.mint.swap_bodies.size() == 2);
    CHECK(world.mint.swap_bodies[0] == world.mint.swap_bodies[1]);
}

TEST_CASE("a transaction that was rolled back leaves no claim and sends nothing")
{
    WalletWorld world;
    const std::string token = world.mint.issue_token({2, 8});
    REQUIRE(world.database->begin());
    const auto checked = world.wallet->check(token, world.now);
    REQUIRE(world.wallet->begin_redemption(*checked.token, world.now));
    world.http.drop_all();
    world.database->roll_back();

    world.begin(token);
    world.settle(10min);
    world.check_received(10);
}

TEST_CASE("a credit whose transaction failed is made again")
{
    WalletWorld world;
    world.begin(world.mint.issue_token({2, 8}));
    REQUIRE(world.database->begin());
    world.http.deliver();
    world.database->roll_back();
    world.redeemed.clear(); // the owner's handling was rolled back too
    world.settle(1min);
    world.check_received(10);
}

TEST_CASE("a full disk before the post sends nothing")
{
    WalletWorld world;
    const std::string token = world.mint.issue_token(std::vector<Amount>(60, 1));
    const auto checked = world.wallet->check(token, world.now);
    REQUIRE(checked.token);
    auto pages = world.database->prepare("PRAGMA page_count");
    REQUIRE(pages.step().value());
    const auto limit = fmt::format("PRAGMA max_page_count={}", pages.integer(0));
    REQUIRE_FALSE(pages.step().value());
    REQUIRE(world.database->execute(limit.c_str()));
    REQUIRE(world.database->begin());
    CHECK_FALSE(world.wallet->begin_redemption(*checked.token, world.now));
    world.database->roll_back();
    CHECK_FALSE(world.http.has_waiting());

    REQUIRE(world.database->execute("PRAGMA max_page_count=1000000"));
    world.begin(token);
    world.settle();
    world.check_received(60);
}

TEST_CASE("the mint's clear no gives the token back to its payer, who may try again")
{
    WalletWorld world;
    world.mint.swap_faults = {SwapFault::refuse};
    const std::string token = world.mint.issue_token({8});
    world.begin(token);
    world.settle(1min);
    REQUIRE(world.redeemed.size() == 1);
    CHECK_FALSE(world.redeemed.front().received);
    CHECK(world.redeemed.front().refusal.fault == TokenFault::mint_refused);
    CHECK(world.wallet->balance() == Msat{0});

    world.redeemed.clear();
    world.begin(token);
    world.settle();
    world.check_received(8);
}

TEST_CASE("a token that somebody else spent is refused within seconds, after restore came back empty twice")
{
    WalletWorld world;
    const std::string token = world.mint.issue_token({8});
    const auto checked = world.wallet->check(token, world.now);
    world.mint.spend(checked.token->proofs);
    world.begin(token);
    world.settle(20s);
    REQUIRE(world.redeemed.size() == 1);
    CHECK(world.redeemed.front().refusal.fault == TokenFault::already_spent);
    CHECK(world.mint.calls["/v1/restore"] >= 2);
}

TEST_CASE("a partly spent token is refused as spent")
{
    WalletWorld world;
    const std::string token = world.mint.issue_token({8, 2});
    const auto checked = world.wallet->check(token, world.now);
    world.mint.spend({checked.token->proofs.front()});
    world.begin(token);
    world.settle(1min);
    REQUIRE(world.redeemed.size() == 1);
    CHECK(world.redeemed.front().refusal.fault == TokenFault::already_spent);
}

TEST_CASE("pending proofs are waited for, past every deadline")
{
    WalletWorld world;
    const std::string token = world.mint.issue_token({8});
    const auto checked = world.wallet->check(token, world.now);
    world.mint.set_pending(checked.token->proofs, true);
    world.begin(token);
    world.settle(15min);
    CHECK(world.redeemed.empty());
    world.mint.set_pending(checked.token->proofs, false);
    // The inputs are unspent again and the deadline is over: the payer gets the token back.
    world.settle(15min);
    REQUIRE(world.redeemed.size() == 1);
    CHECK(world.redeemed.front().refusal.fault == TokenFault::mint_unavailable);
}

TEST_CASE("restore that fails or is partial keeps the operation open, and a later one ends it")
{
    for (const RestoreMode mode : {RestoreMode::unsupported, RestoreMode::partial}) {
        WalletWorld world;
        world.mint.restore_mode = mode;
        world.mint.swap_faults = {SwapFault::lose_answer};
        world.begin(world.mint.issue_token({2, 8}));
        world.settle(20min);
        CHECK(world.redeemed.empty());
        CHECK(world.wallet->balance() == Msat{0});
        world.mint.restore_mode = RestoreMode::works;
        world.settle(20min);
        world.check_received(10);
    }
}

TEST_CASE("a keyset that rotates between writing and sending gets new outputs on the new one")
{
    WalletWorld world;
    world.begin(world.mint.issue_token({2, 8}));
    world.mint.rotate();
    world.settle(2min);
    world.check_received(10);
}

TEST_CASE("a database restored from an older copy repeats no secret and finds what it had")
{
    WalletWorld world;
    const std::string copy = world.directory + "/copy";
    REQUIRE(world.database->execute("PRAGMA wal_checkpoint(TRUNCATE)"));
    std::filesystem::copy_file(world.directory + "/db", copy);
    const RedemptionId first = world.begin(world.mint.issue_token({1, 2, 4}));
    world.settle();
    world.transact([&] {
        REQUIRE(world.wallet->release(first));
        world.wallet->tick(world.now);
    });
    world.settle();

    world.wallet.reset();
    world.http.drop_all();
    world.database.reset();
    for (const char* suffix : {"", "-wal", "-shm"})
        std::filesystem::remove(world.directory + "/db" + suffix);
    std::filesystem::copy_file(copy, world.directory + "/db");
    world.redeemed.clear();
    world.open();
    world.settle(1min);
    CHECK(world.wallet->balance() == Msat{7000});
    world.begin(world.mint.issue_token({8}));
    world.settle(1min);
    REQUIRE(world.redeemed.size() == 1);
    CHECK(world.redeemed.front().received);
    CHECK(world.wallet->balance() == Msat{15'000});
}

TEST_CASE("when the mint says that outputs were signed before, the counter is scanned and moved, and nothing is lost")
{
    WalletWorld world;
    const RedemptionId first = world.begin(world.mint.issue_token({1, 2, 4}));
    world.settle();
    world.transact([&] { REQUIRE(world.wallet->release(first)); });
    // The rows forget that operation, and nothing tells them.
    world.check_books_at_end = false;
    for (const char* sql : {"UPDATE keyset SET counter=0", "DELETE FROM redemption_output", "DELETE FROM output_set",
                            "DELETE FROM proof"})
        REQUIRE(world.database->execute(sql));
    world.redeemed.clear();
    world.begin(world.mint.issue_token({8, 1}));
    world.settle(2min);
    REQUIRE(world.redeemed.size() == 1);
    CHECK(world.redeemed.front().received);
    CHECK(world.wallet->balance() == Msat{16'000});
}

TEST_CASE("while the only keyset for outputs is scanned a token waits, and is taken when the scan has ended")
{
    WalletWorld world;
    world.settle();
    const std::string token = world.mint.issue_token({4});
    world.transact([&] {
        REQUIRE(world.database->execute("INSERT INTO keyset_scan(keyset,mint,next_counter,empty_batches,hits,failures,"
                                        "due_at) SELECT id,mint,0,0,0,0,0 FROM keyset"));
        CHECK(world.wallet->check(token, world.now).keysets_needed);
    });
    world.keysets_told = 0;
    world.settle();
    CHECK(world.keysets_told == 1);
    world.begin(token);
    world.settle();
    world.check_received(4);
}

TEST_CASE("a crash before a redemption's rows are committed costs no scan")
{
    WalletWorld world;
    world.settle();
    REQUIRE(world.database->begin());
    const auto checked = world.wallet->check(world.mint.issue_token({4}), world.now);
    REQUIRE(world.wallet->begin_redemption(checked.token.value(), world.now));
    world.wallet->tick(world.now);
    world.database->roll_back();
    world.crash();
    CHECK(world.wallet->check(world.mint.issue_token({8}), world.now).token.has_value());
}

TEST_CASE("a token that could not be swapped or booked is refused by the check, whoever made it up")
{
    // No sender has to own what a token without a DLEQ claims.
    const auto refusal_of = [](WalletWorld& world, const std::string& token) {
        TokenCheck checked;
        world.transact([&] { checked = world.wallet->check(token, world.now); });
        REQUIRE(checked.refusal.has_value());
        return checked.refusal->fault;
    };
    WalletWorld small{{.amounts = 4}};
    CHECK(refusal_of(small, small.mint.issue_token(std::vector<Amount>(65, 8))) == TokenFault::invalid);
    small.begin(small.mint.issue_token(std::vector<Amount>(64, 8)));
    small.settle();
    small.check_received(512);

    WalletWorld large{{.amounts = 60}};
    CHECK(refusal_of(large, large.mint.issue_token({Amount{1} << 54})) == TokenFault::invalid);
    CHECK(refusal_of(large, large.mint.issue_token({Amount{1} << 59})) == TokenFault::invalid);
}

TEST_CASE("a token paid twice is held by the first")
{
    WalletWorld world;
    const std::string token = world.mint.issue_token({8});
    const RedemptionId id = world.begin(token);
    const auto again = world.wallet->check(token, world.now);
    REQUIRE(again.token);
    CHECK(world.wallet->find_redemption(again.token->ys) == std::optional{id});
    CHECK(world.wallet->find_claim(again.token->ys)->fault == TokenFault::pending);
    world.transact([&] {
        const auto second = world.wallet->begin_redemption(*again.token, world.now);
        REQUIRE_FALSE(second.has_value());
        CHECK(second.error().code == Errc::conflict);
    });
    world.settle();
    CHECK(world.wallet->find_claim(again.token->ys)->fault == TokenFault::already_spent);
    world.check_received(8);
}

TEST_CASE("our own refund, paid back to us, is accepted once")
{
    WalletWorld world;
    const RedemptionId id = world.begin(world.mint.issue_token({8}));
    world.settle();
    std::string refund;
    world.transact([&] { refund = world.wallet->refund_token(id, world.now).value(); });
    CHECK(world.wallet->balance() == Msat{0});
    world.begin(refund);
    world.settle();
    CHECK(world.wallet->balance() == Msat{8000});
    const auto again = world.wallet->check(refund, world.now);
    world.transact([&] { CHECK_FALSE(world.wallet->begin_redemption(*again.token, world.now)); });
}

TEST_CASE("a payout is split by a swap, survives a lost answer, and one key gives one token")
{
    WalletWorld world{{.input_fee_ppk = 100}};
    const RedemptionId id = world.begin(world.mint.issue_token({16, 1}));
    world.settle();
    world.transact([&] { REQUIRE(world.wallet->release(id)); });
    world.mint.swap_faults = {SwapFault::lose_answer};
    world.transact([&] { world.wallet->request_payout("change", world.mint.url(), Unit::sat, 5, world.now); });
    world.crash();
    world.settle(1min);
    const auto token = world.wallet->find_payout("change");
    REQUIRE(token);
    CHECK(world.payouts["change"] == *token);
    auto proofs = WalletWorld::proofs_of(*token);
    CHECK(total(proofs).value() == 5);
    for (Proof& proof : proofs)
        proof.keyset_id = world.full_id(proof.keyset_id);
    CHECK(world.mint.accepts(proofs));
    CHECK(world.wallet->balance() == Msat{10'000});
    world.transact([&] { world.wallet->request_payout("change", world.mint.url(), Unit::sat, 5, world.now); });
    world.settle();
    CHECK(world.wallet->find_payout("change") == token);
    CHECK(world.wallet->balance() == Msat{10'000});
}

TEST_CASE("a payout for whose split only the fee is missing is handed out whole, in one token, and is in the books")
{
    WalletWorld world{{.input_fee_ppk = 1000}};
    for (int i = 0; i < 2; ++i) {
        const RedemptionId id = world.begin(world.mint.issue_token({16, 2}));
        world.settle();
        world.transact([&] { REQUIRE(world.wallet->release(id)); });
    }
    REQUIRE(world.wallet->balance() == Msat{32'000});
    world.transact([&] { world.wallet->request_payout("too much", world.mint.url(), Unit::sat, 33, world.now); });
    world.transact([&] { world.wallet->request_payout("rest", world.mint.url(), Unit::sat, 31, world.now); });
    const auto token = world.wallet->find_payout("rest");
    REQUIRE(token);
    CHECK(total(WalletWorld::proofs_of(*token)).value() == 32);
    CHECK(world.wallet->balance() == Msat{0});
    world.crash();
    world.transact([&] { world.wallet->request_payout("rest", world.mint.url(), Unit::sat, 31, world.now); });
    world.settle(5min);
    CHECK(world.wallet->find_payout("rest") == token);
    CHECK_FALSE(world.wallet->find_payout("too much"));
}

TEST_CASE("a mint that is down at a restart is still known")
{
    WalletWorld world;
    const std::string token = world.mint.issue_token({8});
    world.mint.down = true;
    world.crash();
    world.settle();
    CHECK(world.wallet->status().front().known);
    world.begin(token);
    world.settle(1min);
    CHECK(world.redeemed.empty());
    world.mint.down = false;
    world.settle(5min);
    world.check_received(8);
}

TEST_CASE("a mint that is not whitelisted causes no call")
{
    WalletWorld world;
    FakeMint other{{.url = "https://other.example", .seed = 99}};
    const auto checked = world.wallet->check(other.issue_token({8}), world.now);
    REQUIRE(checked.refusal);
    CHECK(checked.refusal->fault == TokenFault::wrong_mint);
    CHECK_FALSE(world.http.has_waiting());
}

TEST_CASE("a second wallet on the same seed is refused")
{
    WalletWorld world;
    auto other = db::Database::open({.path = world.directory + "/other"}).value();
    const auto second = Wallet::create(other, world.http, world.random, world.directory + "/seed", world.options, {});
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().code == Errc::conflict);
}

} // namespace berth::cashu::test
