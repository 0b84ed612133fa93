#include "mint_world.h"

#include "cashu/batch_mint.h"
#include "unit/cashu/vectors.h"

using namespace berth;
using namespace berth::local;
namespace code = berth::cashu::mint_error;

namespace {

constexpr const char* kCheck = "/v1/mint/quote/bolt11/check";
constexpr const char* kBatch = "/v1/mint/bolt11/batch";

const Json& vector_file()
{
    return cashu::test::vectors("nut29_batch_mint");
}

/// Two paid quotes of 5 and 3, and one output of 8 for both.
struct BatchWorld : MintWorld {
    MintAnswer check(const std::vector<std::string>& ids) { return post(kCheck, cashu::encode_quote_check(ids)); }
    MintAnswer mint_all(const cashu::BatchMintRequest& request)
    {
        return post(kBatch, cashu::encode_batch_mint_request(request));
    }
    cashu::BatchMintRequest request(std::vector<std::string> ids)
    {
        return {.quotes = std::move(ids), .quote_amounts = {}, .outputs = messages(outputs), .signatures = {}};
    }
    std::string add_quote(StoredQuote quote)
    {
        quote.expiry = unix_seconds(now) + 60;
        REQUIRE(MintStore::create(database)->add_quote(quote));
        return quote.id;
    }
    std::string locked_quote(const crypto::Scalar& key)
    {
        const cashu::MintQuoteRequest ask{3, cashu::Unit::sat, {}, crypto::Point::generate(key)};
        return cashu::decode_mint_quote(post("/v1/mint/quote/bolt11", cashu::encode_mint_quote_request(ask)).body)
            ->quote;
    }
    bool is_unissued(const std::string& id)
    {
        return cashu::decode_mint_quote(get("/v1/mint/quote/bolt11/" + id).body)->state == cashu::QuoteState::paid;
    }

    std::string five = quote(5);
    std::string three = quote(3);
    std::vector<WalletOutput> outputs{output(8)};
};

void reject_unknown_in_check()
{
    BatchWorld world;
    CHECK(world.check({world.five, "nobody"}).status == 400);
}

void reject_unknown_in_batch()
{
    BatchWorld world;
    CHECK(world.mint_all(world.request({world.five, world.three, "nobody"})).status == 400);
    CHECK(world.is_unissued(world.five));
    CHECK(world.is_unissued(world.three));
    CHECK(world.mint_all(world.request({world.five, world.three})).status == 200);
}

void reject_empty()
{
    BatchWorld world;
    CHECK(world.check({}).status == 400);
    cashu::BatchMintRequest nothing = world.request({});
    CHECK(world.mint_all(nothing).status == 400);
    nothing.outputs.clear();
    CHECK(world.mint_all(nothing).status == 400);
}

void reject_duplicates()
{
    BatchWorld world;
    CHECK(code_of(world.check({world.five, world.five})) == 11016);
    CHECK(code_of(world.mint_all(world.request({world.five, world.three, world.five}))) == 11016);
    CHECK(world.is_unissued(world.five));
}

void reject_other_method()
{
    BatchWorld world;
    const std::string offer =
        world.add_quote({.id = "offer", .amount = 3, .state = cashu::QuoteState::paid, .method = "bolt12"});
    CHECK(world.mint_all(world.request({world.five, offer})).status == 400);
    CHECK(world.check({world.five, offer}).status == 400);
    CHECK(
        world.post("/v1/mint/bolt12/batch", cashu::encode_batch_mint_request(world.request({world.five, world.three})))
            .status == 404);
    CHECK(world.is_unissued(world.five));
}

void reject_signature_count()
{
    BatchWorld world;
    cashu::BatchMintRequest request = world.request({world.five, world.three});
    request.signatures.emplace(1);
    CHECK(world.mint_all(request).status == 400);
    request.signatures.emplace(3);
    CHECK(world.mint_all(request).status == 400);
    request.signatures.emplace(2);
    CHECK(world.mint_all(request).status == 200);
}

} // namespace

TEST_CASE("every batch that must be rejected is, as a whole (NUT-29)")
{
    const std::map<std::string, void (*)()> attempts{
        {"unknown quote id in check (whole request)", reject_unknown_in_check},
        {"unknown quote id in batch mint (whole request, atomically)", reject_unknown_in_batch},
        {"empty quotes array", reject_empty},
        {"duplicate quote ids (code 11016)", reject_duplicates},
        {"quotes of different payment methods", reject_other_method},
        {"signatures array length differs from quotes length", reject_signature_count}};
    const Json& listed = vector_file().at("requests_that_must_be_rejected");
    CHECK(listed.size() == attempts.size());
    for (const Json& name : listed) {
        CAPTURE(name.get<std::string>());
        attempts.at(name.get<std::string>())();
    }
}

TEST_CASE("quotes of a batch are minted together, once")
{
    BatchWorld world;
    const Json& example = vector_file().at("successful_example");
    cashu::BatchMintRequest request = world.request({world.five, world.three});
    request.quote_amounts = example.at("quote_amounts").get<std::vector<cashu::Amount>>();
    CHECK(example.at("output_amounts") == Json::array({8}));

    const Json shown = parse_json(world.check(request.quotes).body).value();
    REQUIRE(shown.size() == 2);
    CHECK(shown.at(0).at("quote") == world.five);
    CHECK(shown.at(1).at("amount") == 3);
    CHECK(shown.at(1).at("state") == "PAID");

    const MintAnswer answer = world.mint_all(request);
    REQUIRE(answer.status == 200);
    CHECK(cashu::total(world.unblind(world.outputs, answer.body)).value() == 8);
    CHECK_FALSE(world.is_unissued(world.five));
    world.outputs = {world.output(8)};
    CHECK(code_of(world.mint_all(world.request({world.five, world.three}))) == code::kQuoteIssued);
    CHECK(cashu::decode_mint_info(world.get("/v1/info").body)->batch_quotes_max == cashu::kBatchQuotesMax);
}

TEST_CASE("a batch must balance, be of one unit, and be paid")
{
    BatchWorld world;
    cashu::BatchMintRequest request = world.request({world.five});
    CHECK(code_of(world.mint_all(request)) == code::kNotBalanced);
    request = world.request({world.five, world.three});
    request.quote_amounts = {4, 4};
    CHECK(code_of(world.mint_all(request)) == code::kNotBalanced);
    const std::string milli =
        world.add_quote({.id = "milli", .unit = cashu::Unit::msat, .amount = 3, .state = cashu::QuoteState::paid});
    CHECK(code_of(world.mint_all(world.request({world.five, milli}))) == code::kMixedUnits);
    const std::string unpaid = world.add_quote({.id = "unpaid", .amount = 3});
    CHECK(code_of(world.mint_all(world.request({world.five, unpaid}))) == code::kQuoteNotPaid);
    CHECK(world.is_unissued(world.five));
}

TEST_CASE("a locked quote of a batch needs its own signature over all outputs, and an unlocked one must have none")
{
    BatchWorld world;
    const crypto::Scalar key = crypto::Scalar::random(world.random);
    const std::string locked = world.locked_quote(key);
    cashu::BatchMintRequest request = world.request({world.five, locked});
    CHECK(code_of(world.mint_all(request)) == code::kQuoteSignatureInvalid);
    const Bytes64 good = cashu::sign_mint_quote(locked, request.outputs, key, world.random);
    const Bytes64 of_other = cashu::sign_mint_quote(world.five, request.outputs, key, world.random);
    request.signatures = {std::nullopt, of_other};
    CHECK(code_of(world.mint_all(request)) == code::kQuoteSignatureInvalid);
    request.signatures = {good, good};
    CHECK(code_of(world.mint_all(request)) == code::kQuoteSignatureInvalid);
    CHECK(world.is_unissued(world.five));
    request.signatures = {std::nullopt, good};
    CHECK(world.mint_all(request).status == 200);
}
