#include "cashu/check.h"

#include "vectors.h"

using namespace berth;
using namespace berth::cashu;

namespace {

/// The mint of the derived vectors, and a receiver who knows both its keysets.
struct Receiver {
    Json file = test::vectors("derived_tokens");
    std::vector<KnownMint> whitelist;

    Receiver()
    {
        const Json& chain = test::vectors("derived_bdhke_chain");
        whitelist.push_back({.url = "https://mint.example.com",
                             .keysets = decode_keys(dump_json(Json{{"keysets", chain.at("keysets")}}))->keysets});
    }

    CheckContext context() const
    {
        return CheckContext{
            .whitelist = whitelist, .lock_key = test::scalar(file, "receiver_p2pk_secret_key"), .now = 1'790'000'000};
    }

    std::string token(const std::string& name) const
    {
        for (const Json& row : file.at("vectors"))
            if (row.at("name") == name)
                return test::text(row, "serialized");
        FAIL("no such vector: " << name);
        return {};
    }
};

} // namespace

TEST_CASE("every hostile or odd token meets the expected reaction")
{
    Receiver receiver;
    // The expectations leave fees aside, and one sat is worthless at this mint.
    for (Keyset& keyset : receiver.whitelist[0].keysets)
        keyset.input_fee_ppk = 0;
    for (const Json& row : receiver.file.at("vectors")) {
        const std::string name = test::text(row, "name");
        const std::string expect = test::text(row, "expect");
        CAPTURE(name);
        const TokenCheck check = check_token(test::text(row, "serialized"), receiver.context());
        CHECK(check.token.has_value() + check.refusal.has_value() + check.keysets_needed == 1);
        if (expect == "reject" || expect == "reject_or_treat_as_no_dleq")
            CHECK_FALSE(check.token);
        else if (expect != "accept_or_reject")
            CHECK_MESSAGE(check.token, (check.refusal ? check.refusal->message : ""));
        if (check.token && row.contains("total") && !row.at("total").is_null())
            CHECK(check.token->gross == row.at("total").get<Amount>());
    }
}

TEST_CASE("an accepted token comes out with full ids, its Ys and its net value")
{
    const Receiver receiver;
    const TokenCheck check = check_token(receiver.token("v1_full_and_v2_short_id_with_dleq"), receiver.context());
    REQUIRE(check.token);
    CHECK(check.token->mint == "https://mint.example.com");
    CHECK(check.token->ys.size() == check.token->proofs.size());
    CHECK(check.token->net == to_msat(check.token->gross - check.token->fee, Unit::sat).value());
    CHECK(check.token->fee == 1);
    CHECK(check.token->proofs.back().keyset_id.size() == 66);
}

TEST_CASE("the fault says what is wrong")
{
    const Receiver receiver;
    const std::string good = receiver.token("v2_full_id");
    const auto fault = [](const TokenCheck& check) { return check.refusal.value().fault; };
    const auto fault_of = [&](const std::string& text, const CheckOptions& options) {
        CheckContext context = receiver.context();
        context.options = options;
        return fault(check_token(text, context));
    };
    CHECK(fault_of(good, {.units = {Unit::msat}}) == TokenFault::unsupported_unit);
    CHECK(fault_of(receiver.token("no_dleq"), {.require_dleq = true}) == TokenFault::invalid);
    CHECK(fault_of(good, {.proofs_max = 0}) == TokenFault::invalid);

    const std::vector<KnownMint> nobody;
    const CheckContext empty{.whitelist = nobody};
    CHECK(fault(check_token(good, empty)) == TokenFault::wrong_mint);

    const std::vector<KnownMint> unread{{.url = "https://mint.example.com"}};
    const CheckContext unknown{.whitelist = unread};
    CHECK(check_token(good, unknown).keysets_needed);
}

TEST_CASE("a fee that eats the token, or is above our limit, makes it worthless")
{
    Receiver receiver;
    Token token = decode_token(receiver.token("no_dleq")).value();
    token.proofs.resize(1, token.proofs.front());
    for (Keyset& keyset : receiver.whitelist[0].keysets)
        keyset.input_fee_ppk = 1000 * token.proofs.front().amount;
    CheckContext context = receiver.context();
    context.options.input_fee_ppk_max = UINT64_MAX;
    CHECK(check_token(token, context).refusal.value().fault == TokenFault::worthless);
    context.options.input_fee_ppk_max = 1;
    CHECK(check_token(token, context).refusal.value().fault == TokenFault::worthless);
}

TEST_CASE("a keyset that expires within the margin is refused")
{
    Receiver receiver;
    for (Keyset& keyset : receiver.whitelist[0].keysets)
        keyset.final_expiry = receiver.context().now + 24 * 3600;
    const std::string good = receiver.token("no_dleq");
    CHECK(check_token(good, receiver.context()).refusal.value().fault == TokenFault::invalid);
    for (Keyset& keyset : receiver.whitelist[0].keysets)
        keyset.final_expiry = receiver.context().now + 24 * 3600 + 1;
    CHECK(check_token(good, receiver.context()).token);
}

TEST_CASE("a token counts as locked to us only while nobody else can spend any of its proofs")
{
    Receiver receiver;
    const CheckContext context = receiver.context();
    const std::string ours = crypto::Point::generate(*context.lock_key).hex();
    const std::string other = test::text(test::vectors("derived_bdhke_chain").at("keysets")[0].at("keys"), "1");
    const auto check = [&](const std::string& data, const std::string& tags) {
        Token token = decode_token(receiver.token("no_dleq")).value();
        for (size_t i = 0; i < token.proofs.size(); ++i)
            token.proofs[i].secret = fmt::format(R"(["P2PK",{{"nonce":"{}","data":"{}","tags":[{}]}}])", i, data, tags);
        return check_token(token, context);
    };
    const std::string past = R"(["locktime","1700000000"])";
    const std::string future = R"(["locktime","1800000000"])";
    CHECK(check(ours, "").token.value().locked_to_us);
    CHECK(check(ours, future + R"(,["refund",")" + other + R"("])").token.value().locked_to_us);
    // Others can spend it, too: past its locktime, or with another key.
    CHECK_FALSE(check(ours, past).token.value().locked_to_us);
    CHECK_FALSE(check(ours, past + R"(,["refund",")" + other + R"("])").token.value().locked_to_us);
    CHECK_FALSE(check(ours, R"(["pubkeys",")" + other + R"("])").token.value().locked_to_us);
    CHECK_FALSE(check(other, past).token.value().locked_to_us);
    CHECK_FALSE(check_token(receiver.token("no_dleq"), context).token.value().locked_to_us);
    // We can't spend these.
    CHECK(check(other, "").refusal.value().message.find(ours) != std::string::npos);
    CHECK(check(ours, R"(["n_sigs","2"],["pubkeys",")" + other + R"("])").refusal);

    receiver.whitelist[0].enforces_p2pk = false;
    CHECK_FALSE(check(ours, "").token.value().locked_to_us);
}
