// What an operator asks of the wallet: put in, send, restore, audit; and what it does by itself for them.

#include "wallet_world.h"

namespace berth::cashu::test {

namespace {

bool any_contains(const std::vector<std::string>& lines, const std::string& text)
{
    return std::any_of(lines.begin(), lines.end(),
                       [&text](const std::string& line) { return line.find(text) != std::string::npos; });
}

std::string send(WalletWorld& world, Amount sats, const std::string& key = "send:1")
{
    world.transact([&] { REQUIRE(world.wallet->send({.key = key, .amount = sats}, world.now)); });
    world.settle(10min);
    return world.wallet->find_payout(key).value();
}

} // namespace

TEST_CASE("a deposit is free to use at once, told to nobody as a payment, and in the books")
{
    WalletWorld world{{.input_fee_ppk = 100}};
    const RedemptionId id = world.deposit(world.mint.issue_token({4, 8}));
    CHECK(world.wallet->outcome(id)->received);
    CHECK(world.redeemed.empty());
    const auto held = world.wallet->holdings();
    REQUIRE(held.size() == 1);
    CHECK(held[0].unspent == 11);
    CHECK(held[0].reserved + held[0].pending == 0);
    const auto history = world.wallet->history(10);
    REQUIRE(history.size() == 1);
    CHECK(history[0].movement == Movement::deposit);
    CHECK(leg_of(history[0], Account::mint_fees) == 1000);
    CHECK(world.audit().differences.empty());
}

TEST_CASE("a deposit that is asked for again while it is under way is the same one, and afterwards it is spent")
{
    WalletWorld world;
    const std::string token = world.mint.issue_token({4, 8});
    world.mint.swap_faults = {SwapFault::lose_answer};
    std::vector<RedemptionId> ids;
    for (int i = 0; i < 2; ++i) {
        world.transact([&] {
            const auto checked = world.wallet->check(token, world.now);
            ids.push_back(world.wallet->deposit(checked.token.value(), world.now).value());
        });
        world.crash();
    }
    CHECK(ids[0] == ids[1]);
    world.settle(1min);
    CHECK(world.wallet->balance() == Msat{12'000});
    world.transact([&] {
        const auto checked = world.wallet->check(token, world.now);
        CHECK(world.wallet->deposit(checked.token.value(), world.now).error().code == Errc::conflict);
    });
    CHECK(world.mint.swaps_executed == 1);
}

TEST_CASE("a token is sent exactly, split when it must be, and one key sends once")
{
    WalletWorld world;
    world.deposit(world.mint.issue_token({16}));
    world.mint.swap_faults = {SwapFault::lose_answer};
    const std::string token = send(world, 5);
    CHECK(total(world.proofs_of(token)).value() == 5);
    CHECK(send(world, 5) == token);
    CHECK(world.wallet->balance() == Msat{11'000});
    CHECK(world.audit().handed_out == Msat{5'000});
    world.transact([&] {
        CHECK(world.wallet->send({.key = "send:2", .amount = 12}, world.now).error().code == Errc::refused);
        CHECK(world.wallet->send({.key = "send:2", .amount = 0}, world.now).error().code == Errc::bad_input);
        CHECK(world.wallet->send({.key = "refund:2", .amount = 1}, world.now).error().code == Errc::bad_input);
        CHECK(world.wallet->send({.key = "send:1", .amount = 6}, world.now).error().code == Errc::conflict);
    });
    CHECK_FALSE(world.wallet->find_payout("send:2"));
}

TEST_CASE("every movement of a payment that is received, released, refunded or paid out is in the books")
{
    WalletWorld world{{.input_fee_ppk = 100}};
    const RedemptionId kept = world.begin(world.mint.issue_token({8, 2}));
    const RedemptionId refunded = world.begin(world.mint.issue_token({4, 1}));
    world.settle();
    world.transact([&] {
        REQUIRE(world.wallet->release(kept));
        REQUIRE(world.wallet->release(kept)); // again changes nothing
        REQUIRE(world.wallet->refund_token(refunded, world.now));
        REQUIRE(world.wallet->refund_token(refunded, world.now));
        world.wallet->request_payout("change", world.mint.url(), Unit::sat, 3, world.now);
    });
    world.settle();
    std::vector<Movement> movements;
    for (const LedgerEntry& entry : world.wallet->history(100))
        movements.push_back(entry.movement);
    CHECK(movements == std::vector{Movement::payout, Movement::payout_begun, Movement::refund, Movement::release,
                                   Movement::receive, Movement::receive});
    const AuditReport report = world.audit();
    CHECK(report.differences.empty());
    CHECK(report.unanswered.empty());
    CHECK(report.handed_out == Msat{7'000});
    CHECK(report.entries == 6);
}

TEST_CASE("an audit notices what was changed behind the wallet's back, in rows or at the mint")
{
    struct Tampering {
        const char* sql;
        const char* told;
    };
    for (const Tampering& each :
         {Tampering{"UPDATE ledger_leg SET msat=msat+1000 WHERE entry=1 AND account=0", "does not sum up"},
          Tampering{"DELETE FROM ledger_entry WHERE id=1", "the books"},
          Tampering{"DELETE FROM proof WHERE amount=8", "the proofs are worth"},
          Tampering{"UPDATE proof SET amount=16 WHERE amount=8", "did not sign"},
          Tampering{"UPDATE proof SET state=5 WHERE amount=8", "we spent it"},
          Tampering{"UPDATE proof SET secret='00' WHERE amount=8", "secret is another's"},
          Tampering{"UPDATE redemption SET gross=gross+1 WHERE id=1", "inputs are worth"},
          Tampering{"UPDATE redemption_output SET amount=1 WHERE amount=2", "outputs are worth"},
          Tampering{"UPDATE payout SET amount=4", "payout send:1"}}) {
        CAPTURE(each.sql);
        WalletWorld world;
        world.check_books_at_end = false;
        world.deposit(world.mint.issue_token({8, 2, 1}));
        send(world, 1);
        CHECK(world.audit().differences.empty());
        REQUIRE(world.database->execute(each.sql));
        CHECK(any_contains(world.audit().differences, each.told));
    }
}

TEST_CASE("an audit tells of proofs that the mint calls spent, and of a mint that does not answer")
{
    WalletWorld world;
    const RedemptionId id = world.begin(world.mint.issue_token({8}));
    world.settle();
    // What the refund would be, looked at and taken back: somebody knows proofs that we hold.
    REQUIRE(world.database->begin());
    const std::string refund = world.wallet->refund_token(id, world.now).value();
    world.database->roll_back();
    world.mint.spend(world.proofs_of(refund));
    CHECK(any_contains(world.audit().differences, "says that it is spent"));
    world.mint.down = true;
    const AuditReport unanswered = world.audit();
    CHECK(unanswered.differences.empty());
    REQUIRE(unanswered.unanswered.size() == 1);
    CHECK(unanswered.unanswered[0].find(world.mint.url()) == 0);
}

TEST_CASE("the books of an older database are opened with what it holds")
{
    WalletWorld world;
    world.deposit(world.mint.issue_token({8, 2}));
    const RedemptionId reserved = world.begin(world.mint.issue_token({4}));
    world.settle();
    // As it was before there were books.
    REQUIRE(world.database->execute("DROP TABLE ledger_entry; DROP TABLE ledger_leg; DROP TABLE melt; "
                                    "DELETE FROM wallet_setting WHERE name='books_opened_after'; "
                                    "UPDATE schema_version SET version=1 WHERE component='wallet'"));
    world.crash();
    world.settle();
    const auto history = world.wallet->history(10);
    REQUIRE(history.size() == 1);
    CHECK(history[0].movement == Movement::opening);
    CHECK(leg_of(history[0], Account::unspent) == 10'000);
    CHECK(leg_of(history[0], Account::reserved) == 4'000);
    world.transact([&] { REQUIRE(world.wallet->release(reserved)); });
    send(world, 3);
    CHECK(world.audit().differences.empty());
}

TEST_CASE("a token that would lead beyond the exposure limit of its mint is refused, and what is under way counts")
{
    WalletWorld world;
    world.options.exposure_max = Msat{20'000};
    world.crash();
    world.settle();
    world.begin(world.mint.issue_token({8}));
    const auto check = [&world](const std::string& token) {
        TokenCheck checked;
        world.transact([&] { checked = world.wallet->check(token, world.now); });
        return checked;
    };
    const std::string large = world.mint.issue_token({8, 4, 1});
    CHECK(check(large).refusal->fault == TokenFault::mint_unavailable);
    world.settle();
    CHECK(check(large).refusal->fault == TokenFault::mint_unavailable);
    CHECK(check(world.mint.issue_token({8, 4})).token.has_value());
}

TEST_CASE("the words alone bring everything back on an empty state directory, from keysets old and new")
{
    for (const bool v2 : {false, true}) {
        WalletWorld world{{.v2 = v2}};
        world.check_books_at_end = false;
        world.deposit(world.mint.issue_token({8, 2}));
        world.begin(world.mint.issue_token({4}));
        world.settle();
        world.mint.rotate();
        world.settle(10min);
        world.deposit(world.mint.issue_token({32}));
        send(world, 5); // and that token is spent by its receiver
        world.mint.spend(world.proofs_of(world.wallet->find_payout("send:1").value()));
        const Msat before = world.wallet->balance();
        const std::string lock_key = world.wallet->lock_key();

        world.wallet.reset();
        world.http.drop_all();
        world.database.reset();
        for (const auto& file : std::filesystem::directory_iterator{world.directory})
            if (file.path().filename() != "seed")
                std::filesystem::remove(file.path());
        world.open();
        CHECK(world.wallet->lock_key() == lock_key);
        world.transact([&] { world.wallet->restore(world.now); });
        CHECK_FALSE(world.wallet->restore_status().is_over());
        world.settle(1min);
        CHECK(world.wallet->restore_status().is_over());
        CHECK(world.wallet->restore_status().problems.empty());
        CHECK(world.wallet->balance().value == before.value);
        CHECK(world.wallet->holdings().at(0).unspent * 1000 == before.value);
        CHECK(world.audit().differences.empty());
        // And its counters are behind all that was ever signed.
        send(world, 3, "send:after");
        CHECK(world.audit().differences.empty());
    }
}

TEST_CASE("a restore says which mint it could not ask, and goes on when it answers")
{
    WalletWorld world;
    world.deposit(world.mint.issue_token({8}));
    world.now += 1min;
    world.mint.down = true;
    world.transact([&] { world.wallet->restore(world.now); });
    world.settle(1min);
    CHECK_FALSE(world.wallet->restore_status().is_over());
    CHECK(any_contains(world.wallet->restore_status().problems, world.mint.url()));
    world.mint.down = false;
    world.settle(30min);
    CHECK(world.wallet->restore_status().is_over());
    CHECK(world.wallet->balance() == Msat{8'000});
}

TEST_CASE("proofs leave a keyset that became inactive within a day, if that is worth its fee")
{
    struct Case {
        uint64_t fee_ppk;
        bool leaves;
    };
    for (const Case& each : {Case{0, true}, Case{1000, false}}) {
        WalletWorld world{{.input_fee_ppk = each.fee_ppk}};
        world.deposit(world.mint.issue_token({8, 2, 1}));
        const Msat before = world.wallet->balance();
        world.mint.rotate();
        const size_t swaps = world.mint.swaps_executed;
        world.settle(25h);
        CHECK(world.mint.swaps_executed - swaps == (each.leaves ? 1 : 0));
        CHECK(world.wallet->balance().value == before.value);
        CHECK(world.audit().differences.empty());
        if (each.leaves)
            CHECK(world.wallet->history(1)[0].movement == Movement::rotation);
        world.settle(25h); // nothing more to do
        CHECK(world.mint.swaps_executed - swaps == (each.leaves ? 1 : 0));
    }
}

TEST_CASE("proofs leave a keyset a month before it expires, whatever that costs, and go to one that lasts")
{
    const int64_t begin = 1'800'000'000;
    WalletWorld world{{.input_fee_ppk = 500, .final_expiry = begin + 40 * 86'400}};
    world.deposit(world.mint.issue_token({8, 2, 1}));
    world.mint.set_final_expiry(std::nullopt);
    world.mint.rotate();
    const size_t swaps = world.mint.swaps_executed;
    world.settle(9 * 24h);
    CHECK(world.mint.swaps_executed == swaps);
    world.settle(3 * 24h);
    CHECK(world.mint.swaps_executed == swaps + 1);
    CHECK(world.wallet->history(1)[0].movement == Movement::rotation);
    world.settle(40 * 24h);
    CHECK(world.mint.swaps_executed == swaps + 1);
    CHECK(world.audit().differences.empty());
}

TEST_CASE("hundreds of small proofs become few within a day")
{
    WalletWorld world;
    for (int i = 0; i < 5; ++i)
        world.deposit(world.mint.issue_token(std::vector<Amount>(60, 1))); // comes back as 4 + 8 + 16 + 32
    world.mint.rotate();
    world.settle(25h);
    CHECK(world.wallet->balance() == Msat{300'000});
    const auto count = [&world] {
        auto query = world.database->prepare("SELECT count(*) FROM proof WHERE state=0");
        REQUIRE(query.step().value());
        return query.integer(0);
    };
    // Two hundred and more, as a shop that sells seconds gets them.
    for (int i = 0; i < 110; ++i)
        world.deposit(world.mint.issue_token({2, 1}));
    CHECK(count() > 200);
    world.settle(25h);
    CHECK(count() <= 200);
    CHECK(world.wallet->balance() == Msat{630'000});
    CHECK(world.audit().differences.empty());
}

TEST_CASE("what is in as few proofs as can be is not merged, however many others can't be")
{
    WalletWorld world{{.input_fee_ppk = 100}};
    for (int i = 0; i < 210; ++i)
        world.deposit(world.mint.issue_token({2})); // a sat each, which the fee for merging would eat
    world.mint.rotate();
    world.settle(1min);
    world.deposit(world.mint.issue_token({1024, 512, 256}));
    const Msat before = world.wallet->balance();
    world.settle(49h);
    CHECK(world.wallet->balance().value == before.value);
}

TEST_CASE("neither small proofs nor another keyset keep what is worth it in a keyset that expires")
{
    WalletWorld world{{.input_fee_ppk = 1000}};
    const auto deposit = [&world](const std::vector<Amount>& amounts) {
        world.settle(1min); // so that keysets may be read again
        world.deposit(world.mint.issue_token(amounts));
    };
    deposit({64}); // 32, 16, 8 … of an inactive keyset are not worth their fee
    world.mint.set_final_expiry(unix_seconds(world.now) + 31 * 24 * 3600);
    world.mint.rotate();
    deposit({512});
    for (int i = 0; i < 70; ++i)
        world.deposit(world.mint.issue_token({2}));
    world.mint.set_final_expiry(std::nullopt);
    world.mint.rotate();
    world.settle(49h);
    auto query = world.database->prepare("SELECT max(p.amount) FROM proof p JOIN keyset k ON k.id=p.keyset "
                                         "WHERE p.state=0 AND k.final_expiry IS NOT NULL");
    REQUIRE(query.step().value());
    CHECK(query.integer(0) <= 1);
    CHECK(world.audit().differences.empty());
}

TEST_CASE("a rotation whose answer is lost in a crash neither loses nor doubles anything")
{
    WalletWorld world;
    world.deposit(world.mint.issue_token({8, 2, 1}));
    world.mint.rotate();
    world.mint.swap_faults = {SwapFault::lose_answer, SwapFault::bad_gateway_after};
    world.settle(24h + 2min);
    world.crash();
    world.settle(1h);
    CHECK(world.wallet->balance() == Msat{11'000});
    CHECK(world.wallet->holdings().at(0).unspent == 11);
    CHECK(world.audit().differences.empty());
}

TEST_CASE("a token that was given up and executed all the same is told as late, and can be given back whole")
{
    WalletWorld world;
    world.options.redemption_deadline = 1min;
    world.crash();
    world.settle();
    const std::string token = world.mint.issue_token({8});
    world.mint.swap_faults = std::deque<SwapFault>(50, SwapFault::lose_request);
    const RedemptionId id = world.begin(token);
    world.settle(20min);
    REQUIRE(world.redeemed.size() == 1);
    CHECK_FALSE(world.redeemed[0].received);
    // The request of long ago arrives.
    net::HttpRequest post;
    post.url = world.mint.url() + "/v1/swap";
    post.body = world.mint.swap_bodies.front();
    world.mint.swap_faults.clear();
    REQUIRE(world.mint.answer(post)->status == 200);
    world.settle(2h);
    REQUIRE(world.redeemed.size() == 2);
    CHECK(world.redeemed[1].received);
    CHECK(world.redeemed[1].late);
    std::string refund;
    world.transact([&] { refund = world.wallet->refund_token(id, world.now).value(); });
    CHECK(total(world.proofs_of(refund)).value() == 8);
    CHECK(world.wallet->balance() == Msat{});
}

TEST_CASE("beside a stopped provider the wallet leaves customers' payments alone, and does what the operator asks")
{
    WalletWorld world;
    const RedemptionId id = world.begin(world.mint.issue_token({8}));
    world.options.operator_only = true;
    world.crash();
    world.settle(1h);
    CHECK(world.redeemed.empty());
    CHECK_FALSE(world.wallet->outcome(id));
    CHECK(world.mint.swaps_executed == 0);
    world.deposit(world.mint.issue_token({4, 2}));
    CHECK(total(world.proofs_of(send(world, 5))).value() == 5);
    world.options.operator_only = false;
    world.crash();
    world.settle(1h);
    CHECK(world.wallet->outcome(id)->received);
}

TEST_CASE("a mint that no longer lists a keyset it signed with gets no more tokens")
{
    WalletWorld world;
    world.deposit(world.mint.issue_token({8}));
    world.mint.forget_keysets();
    world.settle(25h);
    TokenCheck checked;
    world.transact([&] { checked = world.wallet->check(world.mint.issue_token({4}), world.now); });
    world.settle();
    world.transact([&] { checked = world.wallet->check(world.mint.issue_token({4}), world.now); });
    REQUIRE(checked.refusal.has_value());
    CHECK(checked.refusal->message.find("no longer lists") != std::string::npos);
    CHECK(world.wallet->balance() == Msat{8'000});
}

} // namespace berth::cashu::test
