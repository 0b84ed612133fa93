#include "cashu/mint_api.h"

#include "cashu/mint_info.h"
#include "cashu/mint_quotes.h"
#include "crypto/hash.h"
#include "vectors.h"

using namespace berth;
using namespace berth::cashu;
using crypto::Point;
using crypto::Scalar;

namespace {

const std::string kId = "0011223344556677";

Point some_point()
{
    test::CountingBytes random;
    return Point::generate(Scalar::random(random));
}

std::vector<BlindedMessage> outputs_of(const Json& object)
{
    return decode_restore_request(dump_json(Json{{"outputs", object.at("outputs")}})).value();
}

} // namespace

TEST_CASE("a swap request tells the mint nothing that links a proof to its issue")
{
    const Point P = some_point();
    const Proof input{.amount = uint64_t{1} << 63,
                      .keyset_id = kId,
                      .secret = "s",
                      .C = P,
                      .witness = "{}",
                      .dleq = ProofDleq{},
                      .p2pk_e = P.hex()};
    const std::string body = encode_swap_request({.inputs = {input}, .outputs = {{1, kId, P}}});
    CHECK(body == R"({"inputs":[{"amount":9223372036854775808,"id":"0011223344556677","secret":"s","C":")" + P.hex() +
                      R"(","witness":"{}"}],"outputs":[{"amount":1,"id":"0011223344556677","B_":")" + P.hex() +
                      R"("}]})");
    const SwapRequest again = decode_swap_request(body).value();
    CHECK(encode_swap_request(again) == body);
    CHECK_FALSE(again.inputs[0].dleq);
}

TEST_CASE("malformed swap requests are refused")
{
    CHECK_FALSE(decode_swap_request("{}"));
    CHECK_FALSE(decode_swap_request("[]"));
    const std::string C = some_point().hex();
    const auto with = [&](const std::string& amount, const std::string& witness) {
        return decode_swap_request(R"({"outputs":[],"inputs":[{"amount":)" + amount + R"(,"id":")" + kId +
                                   R"(","secret":"s","C":")" + C + R"(","witness":)" + witness + "}]}");
    };
    CHECK(with("1", "null"));
    CHECK(with("18446744073709551615", "\"{}\""));
    for (const char* amount : {"0", "-1", "1.0", "1e3", "\"1\"", "18446744073709551616", "null"})
        CHECK_FALSE(with(amount, "null"));
    CHECK_FALSE(with("1", R"({"signatures":[]})"));
}

TEST_CASE("answers survive both directions")
{
    const Point P = some_point();
    const std::vector<BlindSignature> signatures{{8, kId, P, BlindDleq{.e = {1}, .s = {2}}}, {1, kId, P, {}}};
    const std::string body = encode_signatures(signatures);
    CHECK(encode_signatures(decode_signatures(body).value()) == body);

    const std::string states = encode_checkstate_reply({{P, ProofState::spent, "{}"}, {P, ProofState::pending, {}}});
    CHECK(encode_checkstate_reply(decode_checkstate_reply(states).value()) == states);
    CHECK_FALSE(decode_checkstate_reply(R"({"states":[{"Y":")" + P.hex() + R"(","state":"spent"}]})"));
    CHECK(decode_checkstate_request(encode_checkstate_request({P, P}))->size() == 2);

    const std::string restored = encode_restore_reply({.outputs = {{1, kId, P}}, .signatures = {signatures[0]}});
    CHECK(encode_restore_reply(decode_restore_reply(restored).value()) == restored);
    CHECK_FALSE(decode_restore_reply(R"({"outputs":[],"signatures":)" + body.substr(14)));
}

TEST_CASE("keysets survive both directions, with amounts up to 2^63")
{
    const Json& chain = test::vectors("derived_bdhke_chain");
    const std::vector<Keyset> keysets = decode_keys(dump_json(Json{{"keysets", chain.at("keysets")}}))->keysets;
    CHECK(encode_keys(decode_keys(encode_keys(keysets))->keysets) == encode_keys(keysets));
    CHECK(encode_keysets(decode_keysets(encode_keysets(keysets))->keysets) == encode_keysets(keysets));
    const auto with_key = [](const std::string& amount) {
        return decode_keys(R"({"keysets":[{"id":"0011223344556677","unit":"sat","keys":{")" + amount + R"(":")" +
                           some_point().hex() + R"("}}]})");
    };
    CHECK(with_key("1"));
    for (const char* amount : {"0", "01", "-1", "1.5", "", "18446744073709551616", " 1"})
        CHECK_FALSE(with_key(amount));
}

TEST_CASE("a mint's info survives both directions, and every member may be missing")
{
    MintInfo info{.name = "m", .version = "berth/1", .time = 5, .supported = {7, 9, 12}, .practice = true};
    info.minting.push_back({.method = "bolt11", .unit = Unit::sat, .amount_min = 1, .amount_max = 100});
    info.cache = ResponseCache{.ttl_seconds = {}, .paths = {"/v1/swap"}};
    info.protected_paths = {"/v1/mint/*"};
    const MintInfo again = decode_mint_info(encode_mint_info(info)).value();
    CHECK(encode_mint_info(again) == encode_mint_info(info));
    CHECK(again.practice);
    CHECK(again.supported == info.supported);
    CHECK(again.minting[0].amount_max == 100);
    CHECK(again.melting.empty());
    CHECK(again.cache->paths == info.cache->paths);
    CHECK(again.protected_paths == info.protected_paths);
    CHECK(decode_mint_info("{}"));
    CHECK_FALSE(decode_mint_info("[]"));
}

TEST_CASE("errors are read in every form that mints send")
{
    CHECK(decode_mint_error(R"({"detail":"spent","code":11001})").code == mint_error::kProofsSpent);
    CHECK(decode_mint_error(R"({"detail":[{"loc":[]}]})").detail.find("loc") != std::string::npos);
    CHECK(decode_mint_error("Payload too large").detail == "Payload too large");
    CHECK(decode_mint_error("").detail.empty());
    CHECK(decode_mint_error(R"({"detail":"\u001b[31m"})").detail.find('\x1b') == std::string::npos);
    CHECK(decode_mint_error("\xff\xfe").detail.find('\xff') == std::string::npos);
    for (const Json& row : test::vectors("error_codes").at("codes")) {
        const auto code = row.at("code").get<uint64_t>();
        const MintError error = decode_mint_error(encode_mint_error(code, test::text(row, "description")));
        CHECK(error.code == code);
        CHECK(error.detail == test::text(row, "description").substr(0, 200));
    }
}

TEST_CASE("quotes, mint and melt requests survive both directions")
{
    const Point P = some_point();
    const std::string wanted = encode_mint_quote_request({.amount = 21, .description = "d", .pubkey = P});
    CHECK(encode_mint_quote_request(decode_mint_quote_request(wanted).value()) == wanted);
    const std::string quote = encode_mint_quote({.quote = "q",
                                                 .request = "lnbc",
                                                 .amount = 21,
                                                 .unit = Unit::msat,
                                                 .state = QuoteState::paid,
                                                 .expiry = 7,
                                                 .pubkey = P});
    CHECK(encode_mint_quote(decode_mint_quote(quote).value()) == quote);
    const std::string mint = encode_mint_request({.quote = "q", .outputs = {{1, kId, P}}, .signature = Bytes64{}});
    CHECK(encode_mint_request(decode_mint_request(mint).value()) == mint);
    const std::string melt_wanted = encode_melt_quote_request({.request = "lnbc"});
    CHECK(encode_melt_quote_request(decode_melt_quote_request(melt_wanted).value()) == melt_wanted);
    const std::string melt_quote = encode_melt_quote({.quote = "q",
                                                      .request = "lnbc",
                                                      .amount = 1,
                                                      .fee_reserve = 2,
                                                      .unit = Unit::sat,
                                                      .state = QuoteState::pending,
                                                      .payment_preimage = "00",
                                                      .change = {{1, kId, P, {}}}});
    CHECK(encode_melt_quote(decode_melt_quote(melt_quote).value()) == melt_quote);
    const Proof input{.amount = 1, .keyset_id = kId, .secret = "s", .C = P};
    const std::string melt =
        encode_melt_request({.quote = "q", .inputs = {input}, .outputs = {{1, kId, P}}, .prefer_async = true});
    CHECK(encode_melt_request(decode_melt_request(melt).value()) == melt);
}

TEST_CASE("blank outputs are counted as NUT-08 does")
{
    for (const Json& row : test::vectors("nut08_blank_outputs").at("blank_output_counts"))
        CHECK(blank_output_count(row.at("fee_reserve").get<Amount>()) == row.at("blank_outputs").get<size_t>());
    CHECK(blank_output_count(UINT64_MAX) == 64);
}

TEST_CASE("quote signatures are those of NUT-20")
{
    const Json& file = test::vectors("nut20_mint_quote_signature");
    const Point key = test::point(file, "pubkey");
    for (const char* section : {"valid", "invalid"})
        for (const Json& row : file.at(section)) {
            const Bytes64 signature = decode_hex_array<64>(test::text(row, "signature")).value();
            CHECK(verify_mint_quote(test::text(row, "quote"), outputs_of(row), key, signature) ==
                  (section == std::string{"valid"}));
        }
    const Json& row = file.at("valid")[0];
    CHECK(mint_quote_message(test::text(row, "quote"), outputs_of(row)) == test::text(file, "message_utf8"));
    test::CountingBytes random;
    const Scalar ours = Scalar::random(random);
    const Bytes64 signature = sign_mint_quote("q", outputs_of(row), ours, random);
    CHECK(verify_mint_quote("q", outputs_of(row), Point::generate(ours), signature));
    CHECK_FALSE(verify_mint_quote("r", outputs_of(row), Point::generate(ours), signature));
}

TEST_CASE("the batch of NUT-29 signs each quote over all outputs; its published example does not verify")
{
    const Json& file = test::vectors("nut29_batch_mint");
    const Point key = test::point(file.at("corrected"), "pubkey");
    for (const char* section : {"corrected", "as_published"}) {
        const Json& request = file.at(section).at("request");
        const auto signature = decode_hex_array<64>(request.at("signatures")[0].get<std::string>()).value();
        const auto quote = request.at("quotes")[0].get<std::string>();
        CHECK(verify_mint_quote(quote, outputs_of(request), key, signature) ==
              file.at(section).at("valid").get<bool>());
    }
    const Json& corrected = file.at("corrected");
    const std::string message = mint_quote_message("locked-quote", outputs_of(corrected.at("request")));
    CHECK(message == test::text(corrected, "message_utf8"));
    CHECK(crypto::sha256(as_bytes(message)) == test::bytes32(corrected, "message_sha256"));
}
