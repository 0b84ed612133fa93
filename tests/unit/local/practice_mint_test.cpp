#include "mint_world.h"

#include "cashu/invoice.h"
#include "crypto/hash.h"

using namespace berth;
using namespace berth::local;
namespace code = berth::cashu::mint_error;

TEST_CASE("the mint says that it is for practice, by name and for machines")
{
    MintWorld world;
    const auto info = cashu::decode_mint_info(world.get("/v1/info").body);
    REQUIRE(info);
    CHECK(info->name == "berth practice mint");
    CHECK(info->practice);
    CHECK(info->supported.contains(7));
    CHECK(info->supported.contains(9));
}

TEST_CASE("keyset ids follow from their contents, V2 unless V1 is asked for, and survive a restart")
{
    for (const KeysetVersion version : {KeysetVersion::v1, KeysetVersion::v2}) {
        PracticeMintOptions options;
        options.keyset_version = version;
        options.input_fee_ppk = 100;
        MintWorld world{options};
        const cashu::Keyset keyset = world.keyset();
        CHECK(cashu::verify_keyset_id(keyset));
        CHECK(keyset.id.substr(0, 2) == (version == KeysetVersion::v1 ? "00" : "01"));
        CHECK(world.get("/v1/keys/" + keyset.id).status == 200);
        world.mint = std::move(*PracticeMint::create(world.database, world.random, options));
        CHECK(world.keyset().id == keyset.id);
    }
}

TEST_CASE("a swap spends its inputs once; the second time they are already spent")
{
    MintWorld world;
    const auto proofs = world.draw({4, 8});
    CHECK(world.state_of(proofs[0]) == cashu::ProofState::unspent);
    const std::vector<WalletOutput> outputs{world.output(4), world.output(8)};
    const MintAnswer answer = world.swap(proofs, outputs);
    REQUIRE(answer.status == 200);
    CHECK(world.unblind(outputs, answer.body).size() == 2);
    CHECK(world.state_of(proofs[0]) == cashu::ProofState::spent);
    CHECK(code_of(world.swap(proofs, {world.output(4), world.output(8)})) == code::kProofsSpent);
}

TEST_CASE("a swap must balance exactly after the fee, and a refused one spends nothing")
{
    PracticeMintOptions options;
    options.input_fee_ppk = 500;
    MintWorld world{options};
    const auto proofs = world.draw({8, 8, 8});
    CHECK(code_of(world.swap(proofs, {world.output(8), world.output(16)})) == code::kNotBalanced);
    CHECK(code_of(world.swap(proofs, {world.output(16)})) == code::kNotBalanced);
    CHECK(world.state_of(proofs[0]) == cashu::ProofState::unspent);
    // 3 × 500 ppk is 2 after rounding up.
    CHECK(world.swap(proofs, {world.output(2), world.output(4), world.output(16)}).status == 200);
}

TEST_CASE("inputs that the mint did not sign, and inputs or outputs given twice, are refused")
{
    MintWorld world;
    auto proofs = world.draw({4, 4});
    CHECK(code_of(world.swap({proofs[0], proofs[0]}, {world.output(8)})) == code::kDuplicateInputs);
    const WalletOutput output = world.output(4);
    CHECK(code_of(world.swap(proofs, {output, output})) == code::kDuplicateOutputs);
    proofs[1].amount = 8;
    CHECK(code_of(world.swap(proofs, {world.output(4), world.output(8)})) == code::kProofInvalid);
    proofs[1].keyset_id = std::string(16, '0');
    CHECK(code_of(world.swap(proofs, {world.output(8)})) == code::kKeysetUnknown);
}

TEST_CASE("outputs that were signed before are refused, and restore finds the same signatures again")
{
    MintWorld world;
    const std::vector<WalletOutput> outputs{world.output(4)};
    const MintAnswer first = world.swap(world.draw({4}), outputs);
    REQUIRE(first.status == 200);
    CHECK(code_of(world.swap(world.draw({4}), outputs)) == code::kOutputsSigned);
    const auto asked = MintWorld::messages({world.output(1), outputs[0]});
    const MintAnswer restored = world.post("/v1/restore", cashu::encode_restore_request(asked));
    const auto reply = cashu::decode_restore_reply(restored.body);
    REQUIRE(reply);
    REQUIRE(reply->signatures.size() == 1);
    CHECK(reply->outputs[0].B_ == outputs[0].message.B_);
    CHECK(reply->signatures[0].C_ == cashu::decode_signatures(first.body)->at(0).C_);
    CHECK(reply->signatures[0].dleq->e == cashu::decode_signatures(first.body)->at(0).dleq->e);
}

TEST_CASE("after a rotation old proofs can be spent, but only the new keyset signs")
{
    MintWorld world;
    const auto proofs = world.draw({4});
    const WalletOutput stale = world.output(4);
    REQUIRE(world.mint->rotate(cashu::Unit::sat, 0));
    CHECK(world.keyset().id != proofs[0].keyset_id);
    CHECK(cashu::decode_keysets(world.get("/v1/keysets").body)->keysets.size() == 2);
    CHECK(code_of(world.swap(proofs, {stale})) == code::kKeysetInactive);
    CHECK(world.swap(proofs, {world.output(4)}).status == 200);
}

TEST_CASE("an expired keyset neither signs nor redeems")
{
    PracticeMintOptions options;
    MintWorld clock;
    options.final_expiry = unix_seconds(clock.now) + 60;
    MintWorld world{options};
    const auto proofs = world.draw({4});
    world.now += std::chrono::seconds{60};
    CHECK(code_of(world.swap(proofs, {world.output(4)})) == code::kKeysetExpired);
}

TEST_CASE("proofs and outputs of different units do not mix")
{
    PracticeMintOptions options;
    options.units = {cashu::Unit::sat, cashu::Unit::msat};
    MintWorld world{options};
    const auto keysets = cashu::decode_keys(world.get("/v1/keys").body)->keysets;
    REQUIRE(keysets.size() == 2);
    const auto proofs_keyset = world.keyset().id;
    const auto unit = world.keyset().unit;
    WalletOutput first = world.output(4);
    const cashu::MintRequest request{world.quote(4, unit), {first.message}, {}};
    const MintAnswer minted = world.post("/v1/mint/bolt11", cashu::encode_mint_request(request));
    const auto proofs = world.unblind({first}, minted.body);
    WalletOutput other = world.output(4);
    other.message.keyset_id = keysets[0].id == proofs_keyset ? keysets[1].id : keysets[0].id;
    CHECK(code_of(world.swap(proofs, {other})) == code::kUnitMismatch);
}

TEST_CASE("a locked proof needs its key's signature")
{
    MintWorld world;
    const crypto::Scalar key = crypto::Scalar::random(world.random);
    const std::string lock =
        R"(["P2PK",{"nonce":"00","data":")" + crypto::Point::generate(key).hex() + R"(","tags":[]}])";
    auto proofs = world.draw({4}, lock);
    CHECK(world.swap(proofs, {world.output(4)}).status == 400);
    const auto witness_of = [&](const crypto::Scalar& signer) {
        const Bytes64 signature = crypto::sign_schnorr(signer, crypto::sha256(as_bytes(lock)), world.random);
        return cashu::encode_witness({.signatures = {signature}, .preimage = {}});
    };
    proofs[0].witness = witness_of(crypto::Scalar::random(world.random));
    CHECK(world.swap(proofs, {world.output(4)}).status == 400);
    proofs[0].witness = witness_of(key);
    CHECK(world.swap(proofs, {world.output(4)}).status == 200);
}

TEST_CASE("a quote is paid when it is made, and issues its amount once")
{
    MintWorld world;
    const std::string quote = world.quote(12);
    CHECK(cashu::decode_mint_quote(world.get("/v1/mint/quote/bolt11/" + quote).body)->state == cashu::QuoteState::paid);
    const auto mint = [&](const std::vector<WalletOutput>& outputs) {
        return world.post("/v1/mint/bolt11", cashu::encode_mint_request({quote, MintWorld::messages(outputs), {}}));
    };
    CHECK(code_of(mint({world.output(8)})) == code::kNotBalanced);
    CHECK(mint({world.output(4), world.output(8)}).status == 200);
    CHECK(code_of(mint({world.output(4), world.output(8)})) == code::kQuoteIssued);
}

TEST_CASE("a quote with a key issues only to a signature of that key")
{
    MintWorld world;
    const crypto::Scalar key = crypto::Scalar::random(world.random);
    const cashu::MintQuoteRequest ask{4, cashu::Unit::sat, {}, crypto::Point::generate(key)};
    const MintAnswer quoted = world.post("/v1/mint/quote/bolt11", cashu::encode_mint_quote_request(ask));
    const std::string quote = cashu::decode_mint_quote(quoted.body)->quote;
    const auto outputs = MintWorld::messages({world.output(4)});
    const auto mint = [&](std::optional<Bytes64> signature) {
        return world.post("/v1/mint/bolt11", cashu::encode_mint_request({quote, outputs, signature}));
    };
    CHECK(code_of(mint({})) == code::kQuoteSignatureInvalid);
    CHECK(mint(cashu::sign_mint_quote(quote, outputs, key, world.random)).status == 200);
}

TEST_CASE("a melt settles for show, spends its inputs and gives change on the blank outputs")
{
    MintWorld world;
    const MintAnswer invoiced =
        world.post("/v1/mint/quote/bolt11", cashu::encode_mint_quote_request({10, cashu::Unit::sat, {}, {}}));
    const std::string invoice = cashu::decode_mint_quote(invoiced.body)->request;
    const MintAnswer quoted =
        world.post("/v1/melt/quote/bolt11", cashu::encode_melt_quote_request({invoice, cashu::Unit::sat}));
    const auto quote = cashu::decode_melt_quote(quoted.body);
    REQUIRE(quote);
    CHECK(quote->amount == 10);
    const auto proofs = world.draw({16});
    const std::vector<WalletOutput> blanks{world.output(1), world.output(1), world.output(1)};
    const cashu::MeltRequest request{quote->quote, proofs, MintWorld::messages(blanks), false};
    const auto paid = cashu::decode_melt_quote(world.post("/v1/melt/bolt11", cashu::encode_melt_request(request)).body);
    REQUIRE(paid);
    CHECK(paid->state == cashu::QuoteState::paid);
    REQUIRE(paid->change.size() == 2);
    CHECK(paid->change[0].amount + paid->change[1].amount == 6);
    CHECK(world.state_of(proofs[0]) == cashu::ProofState::spent);
    const MintAnswer again = world.post("/v1/melt/bolt11", cashu::encode_melt_request(request));
    CHECK(code_of(again) == code::kInvoicePaid);
}

TEST_CASE("no melt is quoted for an invoice without an amount, nor for what is no invoice")
{
    MintWorld world;
    for (const std::string& bad : {std::string{}, std::string{"lnbcrt10n1xyz"},
                                   cashu::encode_practice_invoice({.created_at = 1, .expires_at = 2}),
                                   cashu::encode_practice_invoice({.amount = cashu::Msat{UINT64_MAX / 10}})}) {
        CAPTURE(bad);
        const std::string body = cashu::encode_melt_quote_request({bad, cashu::Unit::sat});
        CHECK(world.post("/v1/melt/quote/bolt11", body).status == 400);
    }
}

TEST_CASE("a repeated swap gets the same answer while the cache holds it, and no longer")
{
    PracticeMintOptions options;
    options.answer_cache = std::chrono::seconds{60};
    MintWorld world{options};
    const auto proofs = world.draw({4});
    const std::vector<WalletOutput> outputs{world.output(4)};
    const MintAnswer first = world.swap(proofs, outputs);
    CHECK(world.swap(proofs, outputs).body == first.body);
    world.now += std::chrono::seconds{60};
    CHECK(code_of(world.swap(proofs, outputs)) == code::kProofsSpent);
}

TEST_CASE("armed faults strike as often as asked, before or after executing")
{
    MintWorld world;
    const auto proofs = world.draw({4});
    world.mint->arm(MintFault::internal_error, "/v1/swap");
    CHECK(world.swap(proofs, {world.output(4)}).status == 500);
    world.mint->arm(MintFault::too_many_requests, "/v1/swap");
    CHECK(world.swap(proofs, {world.output(4)}).status == 429);
    CHECK(world.state_of(proofs[0]) == cashu::ProofState::unspent);
    world.mint->arm(MintFault::too_many_requests_after, "/v1/swap");
    CHECK(world.swap(proofs, {world.output(4)}).status == 429);
    CHECK(world.state_of(proofs[0]) == cashu::ProofState::spent);

    const auto more = world.draw({8});
    world.mint->arm(MintFault::lose_answer, "/v1/swap");
    CHECK(world.swap(more, {world.output(8)}).lost);
    CHECK(world.state_of(more[0]) == cashu::ProofState::spent);
}

TEST_CASE("a forged signature fails its DLEQ, and restore still gives the true one")
{
    MintWorld world;
    const WalletOutput output = world.output(4);
    const auto proofs = world.draw({4});
    world.mint->arm(MintFault::wrong_signature, "/v1/swap");
    const auto forged = cashu::decode_signatures(world.swap(proofs, {output}).body)->at(0);
    const crypto::Point A = world.keyset().keys.at(4);
    CHECK_FALSE(cashu::verify_dleq(*forged.dleq, A, output.message.B_, forged.C_));
    const std::string body = cashu::encode_restore_request({output.message});
    const auto restored = cashu::decode_restore_reply(world.post("/v1/restore", body).body)->signatures.at(0);
    CHECK(cashu::verify_dleq(*restored.dleq, A, output.message.B_, restored.C_));
}

TEST_CASE("what is no request is refused without an effect")
{
    MintWorld world;
    CHECK(world.post("/v1/swap", "{").status == 400);
    CHECK(world.post("/v1/swap", R"({"inputs":[],"outputs":[]})").status == 400);
    CHECK(world.post("/v1/nothing", "{}").status == 404);
    CHECK(world.mint->handle("PUT", "/v1/swap", "{}", world.now).status == 404);
    CHECK(code_of(world.get("/v1/keys/00ffffffffffffff")) == code::kKeysetUnknown);
}
