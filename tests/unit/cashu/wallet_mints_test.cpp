// Mints that end, change, or have something before them that answers in their place.

#include "wallet_world.h"

#include "cashu/p2bk.h"
#include "util/json.h"

namespace berth::cashu::test {

namespace {

/// Every swap gets this answer.
auto answer_swaps_with(int status, std::string body)
{
    return [status, body = std::move(body)](const net::HttpRequest& request) -> std::optional<net::HttpResult> {
        if (!request.url.ends_with("/v1/swap"))
            return std::nullopt;
        return net::HttpResponse{.status = status, .body = body};
    };
}

/// A proof of 8 sats with this secret.
Proof buy_proof(WalletWorld& world, const std::string& secret)
{
    const std::vector<Proof> paid = world.mint.issue({8});
    const KeysetId& id = paid.front().keyset_id;
    const auto r = crypto::Scalar::random(world.random);
    net::HttpRequest post;
    post.url = world.mint.url() + "/v1/swap";
    post.body = encode_swap_request({.inputs = paid, .outputs = {{8, id, blind(secret, r).value()}}});
    const auto signature = decode_signatures(world.mint.answer(post)->body).value().front();
    net::HttpRequest get;
    get.url = world.mint.url() + "/v1/keys/" + id;
    const auto keys = decode_keys(world.mint.answer(get)->body).value().keysets.front().keys;
    Proof proof = paid.front();
    proof.secret = secret;
    proof.C = unblind(signature.C_, r, keys.at(8)).value();
    return proof;
}

/// The mint's keysets are read again first.
RedemptionId begin_after_a_look(WalletWorld& world, const std::string& token)
{
    world.transact([&] { (void)world.wallet->check(token, world.now); });
    world.settle();
    return world.begin(token);
}

} // namespace

TEST_CASE("a page that answers swaps in a mint's place closes that mint for no longer than it is there")
{
    WalletWorld world;
    world.begin(world.mint.issue_token({8}));
    world.http.in_between = answer_swaps_with(200, "<html>back soon</html>");
    world.settle(30min);
    world.http.in_between = {};
    REQUIRE(world.redeemed.size() == 1);
    CHECK(world.redeemed.front().refusal.fault == TokenFault::mint_unavailable);
    world.redeemed.clear();
    const std::string token = world.mint.issue_token({4});
    begin_after_a_look(world, token);
    world.settle();
    world.check_received(4);
}

TEST_CASE("a mint that has retired its keyset and has no other is not waited for past the deadline")
{
    WalletWorld world;
    world.http.in_between = answer_swaps_with(400, R"({"code":12002,"detail":"inactive"})");
    world.begin(world.mint.issue_token({8}));
    world.settle(5min);
    CHECK(world.redeemed.empty());
    world.settle(30min);
    REQUIRE(world.redeemed.size() == 1);
    CHECK_FALSE(world.redeemed.front().received);
}

TEST_CASE("what was begun at a mint comes to its end when that mint is no longer configured")
{
    SUBCASE("a swap whose answer was lost")
    {
        WalletWorld world;
        world.begin(world.mint.issue_token({2, 8}));
        world.http.execute_without_answer();
        world.is_mint_configured = false;
        world.crash();
        world.settle(30min);
        world.check_received(10);
    }
    SUBCASE("a swap to a keyset that is retired")
    {
        WalletWorld world;
        world.begin(world.mint.issue_token({2, 8}));
        world.mint.rotate();
        world.is_mint_configured = false;
        world.crash();
        world.settle(30min);
        REQUIRE(world.redeemed.size() == 1);
        CHECK_FALSE(world.redeemed.front().received);
    }
    SUBCASE("an invoice that is being paid")
    {
        WalletWorld world;
        world.deposit(world.mint.issue_token({64}));
        world.mint.melt_faults = {berth::test::MeltFault::stuck};
        world.transact(
            [&] { REQUIRE(world.wallet->pay_invoice({.key = "k", .invoice = world.invoice(20)}, world.now)); });
        world.settle(1min);
        world.is_mint_configured = false;
        world.crash();
        world.mint.end_stuck_melts(true);
        world.settle(30min);
        CHECK(world.wallet->find_payment("k")->settling == Settling::done);
        CHECK(world.wallet->balance() == Msat{43'000});
    }
}

TEST_CASE("a token that was given up, then refused, and taken by the mint after all is told of to whom asked last")
{
    WalletWorld world;
    world.options.redemption_deadline = 1min;
    world.crash();
    world.settle();
    const std::string token = world.mint.issue_token({8});
    world.mint.swap_faults = std::deque<SwapFault>(50, SwapFault::lose_request);
    world.begin(token);
    world.settle(20min);
    world.mint.swap_faults = {SwapFault::refuse};
    const RedemptionId again = begin_after_a_look(world, token);
    world.settle(3h); // looked at for late signatures meanwhile
    REQUIRE(world.redeemed.size() == 2);
    net::HttpRequest post;
    post.url = world.mint.url() + "/v1/swap";
    post.body = world.mint.swap_bodies.front();
    REQUIRE(world.mint.answer(post)->status == 200);
    world.settle(3h);
    REQUIRE(world.redeemed.size() == 3);
    CHECK(world.redeemed[2].late);
    CHECK(world.redeemed[2].id == again);
    world.transact([&] { CHECK(world.wallet->refund_token(again, world.now)); });
    CHECK(world.wallet->balance() == Msat{});
}

TEST_CASE("a payout that the mint refuses has the mint's fees read again")
{
    WalletWorld world;
    world.deposit(world.mint.issue_token({64}));
    world.settle(10min);
    const int before = world.mint.calls["/v1/keysets"];
    world.http.in_between = answer_swaps_with(400, R"({"code":11005,"detail":"not balanced"})");
    world.transact([&] { world.wallet->request_payout("p", world.mint.url(), Unit::sat, 5, world.now); });
    world.settle(30s);
    CHECK(world.mint.calls["/v1/keysets"] == before + 1);
    world.http.in_between = {};
    world.settle(2min);
    CHECK(total(world.proofs_of(world.payouts.at("p"))).value() == 5);
}

TEST_CASE("a token with a blinded lock is signed for new outputs, too, when its keyset rotates")
{
    WalletWorld world;
    const auto e = crypto::Scalar::random(world.random);
    const auto ours = crypto::Point::parse_hex(world.wallet->lock_key()).value();
    const auto blinded = p2bk_blind_key(ours, p2bk_blinding(e, ours, 0).value()).value();
    const std::string secret = R"(["P2PK",{"nonce":"00","data":")" + blinded.hex() + R"("}])";
    Proof proof = buy_proof(world, secret);
    proof.p2pk_e = crypto::Point::generate(e).hex();
    world.begin(encode_token({.mint = world.mint.url(), .unit = "sat", .memo = std::nullopt, .proofs = {proof}}));
    world.mint.rotate();
    world.settle(2min);
    world.check_received(8);
    const auto bodies = world.mint.swap_bodies;
    const auto first = decode_swap_request(bodies.at(bodies.size() - 2)).value().inputs.front();
    const auto renewed = decode_swap_request(bodies.back()).value().inputs.front();
    REQUIRE(first.witness.has_value());
    CHECK(renewed.witness == first.witness);
}

} // namespace berth::cashu::test
