#include "cashu/wallet_verbs.h"

#include "util/json.h"
#include "wallet_world.h"

namespace berth::cashu::test {

namespace {

/// Driven as a session or a control connection does it.
Result<Json> ask(WalletWorld& world, OperatorRequest request)
{
    // As it arrives over a socket.
    OperatorVerb verb{decode_operator_request(encode_operator_request(request)).value()};
    Result<void> begun;
    world.transact([&] { begun = verb.begin(*world.wallet, world.now); });
    if (!begun)
        return pass_on(begun);
    std::optional<Result<std::string>> answer;
    for (int tries = 0; tries < 20 && !answer; ++tries) {
        world.transact([&] { answer = verb.poll(*world.wallet, world.now); });
        world.settle(1s);
    }
    if (!answer)
        return fail(Errc::unavailable, "under way");
    if (!*answer)
        return pass_on(*answer);
    return Json::parse(**answer);
}

} // namespace

TEST_CASE("every verb's answer tells what happened, and an answer that has to wait comes when it can")
{
    WalletWorld world{{.input_fee_ppk = 100}};
    world.now += 1h; // what is known of the keysets is old by now
    const Json received = ask(world, {.verb = "receive", .token = world.mint.issue_token({64, 8})}).value();
    CHECK(received.at("amount") == 71);
    CHECK(received.at("fee") == 1);
    const Json sent = ask(world, {.verb = "send", .key = "send:1", .amount = 10}).value();
    CHECK(total(world.proofs_of(sent.at("token").get<std::string>())).value() == 10);
    const Json paid = ask(world, {.verb = "melt", .key = "melt:1", .invoice = world.invoice(20)}).value();
    CHECK(paid.at("preimage") == "beef");
    const Json balance = ask(world, {.verb = "balance"}).value();
    CHECK(balance.at("msat") == world.wallet->balance().value);
    CHECK(balance.at("mints").size() == 1);
    const Json history = ask(world, {.verb = "history", .count = 1}).value();
    REQUIRE(history.at("entries").size() == 1);
    CHECK(history.at("entries")[0].at("movement") == "melt");
    CHECK(history.at("entries")[0].at("msat").at("lightning") == 20'000);
    const Json audit = ask(world, {.verb = "audit"}).value();
    CHECK(audit.at("differences").empty());
    CHECK(audit.at("handed_out_msat") == 10'000);
    CHECK(ask(world, {.verb = "audit", .rows_only = true}).value().at("proofs") == 0);
    CHECK(ask(world, {.verb = "restore"}).value().at("problems").empty());
}

TEST_CASE("what can't be done is told apart by whether it may work later")
{
    WalletWorld world;
    const std::string token = world.mint.issue_token({8});
    CHECK(ask(world, {.verb = "receive", .token = "cashuBnonsense"}).error().code == Errc::refused);
    CHECK(ask(world, {.verb = "send", .key = "send:1", .amount = 10}).error().code == Errc::refused);
    CHECK(ask(world, {.verb = "sweep", .key = "s", .address = "me@pay.example"}).error().code == Errc::refused);
    CHECK(ask(world, {.verb = "receive", .token = token}).has_value());
    CHECK(ask(world, {.verb = "receive", .token = token}).error().code == Errc::refused);
    CHECK(ask(world, {.verb = "sweep", .key = "s", .address = "me@pay.example"}).error().code == Errc::refused);
    CHECK(ask(world, {.verb = "melt", .key = "m", .invoice = "lnbc1"}).error().code == Errc::bad_input);
    world.now += 1h;
    world.mint.down = true;
    CHECK(ask(world, {.verb = "send", .key = "send:2", .amount = 3}).error().code == Errc::unavailable);
}

TEST_CASE("a request with an unknown verb, an unknown member or a member of another kind is refused")
{
    for (const char* bad : {"", "[]", "{}", R"({"verb":"steal"})", R"({"verb":"balance","x":1})", R"({"verb":1})",
                            R"({"verb":"send","amount":-1})", R"({"verb":"send","amount":"1"})",
                            R"({"verb":"send","amount":18446744073709551616})", R"({"verb":"send","unit":"usd"})",
                            R"({"verb":"melt","invoice":["a"]})", R"({"verb":"audit","rows_only":1})"}) {
        CAPTURE(bad);
        CHECK_FALSE(decode_operator_request(bad));
    }
    CHECK(decode_operator_request(R"({"verb":"history"})")->count == 20);
}

} // namespace berth::cashu::test
