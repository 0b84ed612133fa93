// Mints that answer what no specification foresees.

#include "wallet_world.h"

#include "util/json.h"

namespace berth::cashu::test {

namespace {

/// One path of the mint gets its answers from here while it is not empty; nullopt lets the mint answer.
auto answer_at(std::string path, std::function<std::optional<net::HttpResult>(int call)> reply)
{
    return [path = std::move(path), reply = std::move(reply),
            calls = 0](const net::HttpRequest& request) mutable -> std::optional<net::HttpResult> {
        return request.url.ends_with(path) ? reply(++calls) : std::nullopt;
    };
}

net::HttpResult page(int status, std::string body)
{
    return net::HttpResponse{.status = status, .body = std::move(body)};
}

} // namespace

TEST_CASE("a mint that says again and again that outputs were signed, and never signed them, is not waited for")
{
    WalletWorld world;
    world.http.in_between = answer_at("/v1/swap", [](int call) -> std::optional<net::HttpResult> {
        return call == 1 ? page(502, "<html>") : page(400, R"({"code":11008,"detail":"duplicate outputs"})");
    });
    world.begin(world.mint.issue_token({8}));
    world.settle(30min);
    REQUIRE(world.redeemed.size() == 1);
    CHECK_FALSE(world.redeemed.front().received);
    CHECK(world.wallet->next_due() > world.now + 1min);
}

TEST_CASE("outputs that a scan cleared of suspicion are found again when the mint takes them after all")
{
    WalletWorld world;
    world.http.in_between = answer_at("/v1/swap", [](int call) -> std::optional<net::HttpResult> {
        if (call == 1)
            return page(502, "<html>");
        return call == 2 ? std::optional{page(400, R"({"code":11003,"detail":"outputs"})")} : std::nullopt;
    });
    world.mint.swap_faults = {SwapFault::lose_answer};
    world.begin(world.mint.issue_token({2, 8}));
    world.settle(30min);
    world.check_received(10);
}

TEST_CASE("a token whose worth a new keyset can't make up goes back, and holds nothing else up")
{
    WalletWorld world;
    world.begin(world.mint.issue_token({2, 8}));
    world.mint.rotate_to({8, 16});
    world.settle(40s);
    REQUIRE(world.redeemed.size() == 1);
    CHECK(world.redeemed.front().refusal.fault == TokenFault::mint_refused);
}

TEST_CASE("a keyset whose expiry is zero does not expire")
{
    WalletWorld world{{.final_expiry = 0}};
    world.begin(world.mint.issue_token({8}));
    world.settle();
    world.check_received(8);
}

TEST_CASE("an expiry that an old keyset is given later is heard of")
{
    WalletWorld world{{.v2 = false}};
    world.deposit(world.mint.issue_token({64}));
    const auto old = world.mint.keyset_ids().front();
    world.mint.set_final_expiry_of(old, unix_seconds(world.now) + 20 * 24 * 3600);
    world.mint.set_input_fee_ppk(old, 1000);
    world.mint.rotate();
    world.settle(50h);
    CHECK(world.mint.fees_taken == 1);
    CHECK(world.wallet->balance() == Msat{63'000});
}

TEST_CASE("a witness in a form of the mint's own keeps nobody from hearing that a proof is spent")
{
    WalletWorld world;
    world.http.in_between = [&](const net::HttpRequest& request) -> std::optional<net::HttpResult> {
        if (!request.url.ends_with("/v1/checkstate"))
            return std::nullopt;
        std::string body = world.mint.answer(request)->body;
        for (size_t at = 0; (at = body.find("\"state\"", at)) != std::string::npos; at += 40)
            body.insert(at, R"("witness":{"signatures":[]},)");
        return page(200, body);
    };
    world.mint.swap_faults = {SwapFault::lose_answer, SwapFault::none};
    world.begin(world.mint.issue_token({2, 8}));
    world.settle(10min);
    world.check_received(10);
}

TEST_CASE("what is owed at a mint that is no longer configured is paid out all the same")
{
    WalletWorld world;
    world.deposit(world.mint.issue_token({64}));
    world.is_mint_configured = false;
    world.crash();
    world.transact([&] { world.wallet->request_payout("p", world.mint.url(), Unit::sat, 5, world.now); });
    world.settle(10min);
    REQUIRE(world.payouts.contains("p"));
    CHECK(total(world.proofs_of(world.payouts.at("p"))).value() == 5);
}

TEST_CASE("a keyset that can't be read keeps no other from being read")
{
    WalletWorld world;
    for (int i = 0; i < 8; ++i)
        world.mint.rotate();
    const auto unreadable = world.mint.keyset_ids();
    world.http.in_between = [&](const net::HttpRequest& request) -> std::optional<net::HttpResult> {
        for (const KeysetId& id : unreadable)
            if (request.url.ends_with("/v1/keys/" + id))
                return page(400, R"({"code":12001,"detail":"keyset unknown"})");
        return std::nullopt;
    };
    world.mint.rotate();
    world.now += 1min;
    world.begin_after_a_look(world.mint.issue_token({8}));
    world.settle();
    world.check_received(8);
}

TEST_CASE("money beyond what 64 bits of millisats can count ends neither the books nor the process")
{
    WalletWorld world{{.amounts = 53}};
    const Amount huge = Amount{1} << 52; // in msat nearly half of what the books can hold
    for (int i = 0; i < 3; ++i)
        world.deposit(world.mint.issue_token({huge}));
    CHECK(world.wallet->status().size() == 1);
    CHECK(world.audit().differences.empty());
}

TEST_CASE("a scan at a mint that is full of calls waits for an answer, and does not turn in circles")
{
    WalletWorld world;
    world.options.calls_in_flight_max = 1;
    world.crash();
    world.settle();
    world.begin(world.mint.issue_token({8}));
    REQUIRE(world.http.has_waiting());
    world.transact([&] {
        REQUIRE(world.database->execute("INSERT INTO keyset_scan(keyset,mint,next_counter,empty_batches,hits,failures,"
                                        "due_at) SELECT id,mint,0,0,0,0,0 FROM keyset"));
        world.wallet->tick(world.now);
    });
    world.transact([&] { world.wallet->tick(world.now); }); // the mark of the counters follows the rows
    CHECK(world.wallet->next_due() > world.now);
}

TEST_CASE("proofs are not swapped into a keyset whose fee eats them")
{
    WalletWorld world;
    const std::string token = world.mint.issue_token({2, 8});
    SUBCASE("that is known before")
    {
        world.mint.rotate_with_fee(5000);
        world.now += 10min;
        world.transact([&] { CHECK(world.wallet->check(token, world.now).keysets_needed); });
        world.settle();
        world.transact([&] {
            const auto checked = world.wallet->check(token, world.now);
            REQUIRE(checked.refusal.has_value());
            CHECK(checked.refusal->fault == TokenFault::mint_unavailable);
        });
    }
    SUBCASE("that takes the place of the one known before")
    {
        world.begin(token);
        world.mint.rotate_with_fee(5000);
        world.settle(1min);
        REQUIRE(world.redeemed.size() == 1);
        CHECK(world.redeemed.front().refusal.fault == TokenFault::mint_refused);
        CHECK(world.mint.swaps_executed == 0);
    }
}

TEST_CASE("a token that was refused a hundred times and then taken is found, when only its last answer is lost")
{
    WalletWorld world;
    const std::string token = world.mint.issue_token(std::vector<Amount>{1, 2, 4, 8, 16, 32, 64, 128, 256, 512});
    world.mint.swap_faults.assign(101, SwapFault::refuse);
    for (int i = 0; i < 101; ++i) {
        world.begin(token);
        world.settle();
    }
    world.redeemed.clear();
    world.mint.swap_faults = {SwapFault::lose_answer};
    world.begin(token);
    world.settle(1min);
    world.check_received(1023);
}

TEST_CASE("a mint whose errors come as successes is not taken for one that signs badly")
{
    WalletWorld world;
    const std::string spent = world.mint.issue_token({2, 8});
    world.transact([&] { world.mint.spend(world.wallet->check(spent, world.now).token->proofs); });
    world.http.in_between = answer_at("/v1/swap", [](int call) -> std::optional<net::HttpResult> {
        return call == 1 ? std::optional{page(200, R"({"detail":"Token already spent.","code":11001})")} : std::nullopt;
    });
    world.begin(spent);
    world.settle(3min);
    REQUIRE(world.redeemed.size() == 1);
    CHECK(world.redeemed.front().refusal.fault == TokenFault::already_spent);
    world.redeemed.clear();
    world.begin(world.mint.issue_token({4}));
    world.settle();
    world.check_received(4);
}

TEST_CASE("a preimage that opens nothing does not make a hanging payment a paid one")
{
    WalletWorld world;
    world.deposit(world.mint.issue_token({64}));
    world.mint.melt_faults = {berth::test::MeltFault::stuck};
    const std::string zeros(64, '0'); // what a Lightning node shows of a payment under way
    world.http.in_between = [&](const net::HttpRequest& request) -> std::optional<net::HttpResult> {
        if (request.url.find("/v1/melt/quote/bolt11/") == std::string::npos)
            return std::nullopt;
        Json quote = parse_json(world.mint.answer(request)->body).value();
        quote["payment_preimage"] = zeros;
        return page(200, dump_json(quote));
    };
    world.transact([&] { REQUIRE(world.wallet->pay_invoice({.key = "k", .invoice = world.invoice(20)}, world.now)); });
    world.settle(5min);
    CHECK(world.wallet->find_payment("k")->settling == Settling::under_way);
    world.mint.end_stuck_melts(false);
    world.settle(1h);
    CHECK(world.wallet->find_payment("k")->settling == Settling::done);
    CHECK(world.mint.invoices_paid.size() == 1);
    CHECK(world.wallet->balance() == Msat{43'000});
}

} // namespace berth::cashu::test
