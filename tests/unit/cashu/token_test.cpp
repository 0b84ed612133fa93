#include "cashu/token.h"

#include "cashu/cbor.h"
#include "util/base64.h"
#include "vectors.h"

using namespace berth;
using namespace berth::cashu;

namespace {

std::string hex_of(const Json& bytes)
{
    return bytes.at("$bytes").get<std::string>();
}

void check_v4(const Token& token, const Json& decoded)
{
    CHECK(token.mint == test::text(decoded, "m"));
    CHECK(token.unit == test::text(decoded, "u"));
    CHECK(token.memo.has_value() == decoded.contains("d"));
    size_t position = 0;
    for (const Json& group : decoded.at("t")) {
        for (const Json& expected : group.at("p")) {
            REQUIRE(position < token.proofs.size());
            const Proof& proof = token.proofs[position++];
            CHECK(proof.keyset_id == hex_of(group.at("i")));
            CHECK(proof.amount == expected.at("a").get<Amount>());
            CHECK(proof.secret == test::text(expected, "s"));
            CHECK(proof.C.hex() == hex_of(expected.at("c")));
        }
    }
    CHECK(position == token.proofs.size());
}

std::string v3_of(const std::string& json)
{
    return "cashuA" + encode_base64url_unpadded(as_bytes(json));
}

} // namespace

TEST_CASE("V3 tokens of NUT-00 are read, and its malformed ones are not")
{
    const Json& file = test::vectors("nut00_tokens");
    for (const Json& row : file.at("v3_valid")) {
        const Token token = decode_token(test::text(row, "serialized")).value();
        const Json& entry = row.at("decoded").at("token")[0];
        CHECK(token.mint == test::text(entry, "mint"));
        CHECK(total(token.proofs).value() == row.at("total").get<Amount>());
        CHECK(token.proofs.size() == entry.at("proofs").size());
        CHECK(token.proofs[0].secret == test::text(entry.at("proofs")[0], "secret"));
    }
    for (const Json& row : file.at("v3_invalid"))
        CHECK_FALSE(decode_token(test::text(row, "serialized")));
}

TEST_CASE("V4 tokens of NUT-00 are read, as text and as bytes")
{
    const Json& file = test::vectors("nut00_tokens");
    for (const Json& row : file.at("v4_valid")) {
        const Token token = decode_token(test::text(row, "serialized")).value();
        check_v4(token, row.at("decoded"));
        CHECK(total(token.proofs).value() == row.at("total").get<Amount>());
    }
    for (const Json& row : file.at("v4_raw")) {
        const Bytes raw = test::bytes(row, "raw_hex");
        check_v4(decode_token(as_text(raw)).value(), row.at("decoded"));
    }
}

TEST_CASE("what is written is read again, without the witness and with short V2 ids")
{
    for (const Json& row : test::vectors("derived_tokens").at("vectors")) {
        const Result<Token> token = decode_token(test::text(row, "serialized"));
        // V4 can't do without the unit.
        if (!token || !token->unit)
            continue;
        const std::string name = test::text(row, "name");
        CAPTURE(name);
        const std::string text = encode_token(*token);
        const Token again = decode_token(text).value();
        CHECK(encode_token(again) == text);
        CHECK(text.find('=') == std::string::npos);
        REQUIRE(again.proofs.size() == token->proofs.size());
        for (size_t i = 0; i < again.proofs.size(); ++i) {
            CHECK_FALSE(again.proofs[i].witness);
            CHECK(again.proofs[i].keyset_id.size() == (token->proofs[i].keyset_id.starts_with("02") ? 66 : 16));
            CHECK(again.proofs[i].dleq.has_value() == token->proofs[i].dleq.has_value());
        }
    }
}

TEST_CASE("the memo, the ephemeral key and the order of groups survive")
{
    test::CountingBytes random;
    const crypto::Point C = crypto::Point::generate(crypto::Scalar::random(random));
    const Proof first{.amount = 1, .keyset_id = "0011223344556677", .secret = "a", .C = C, .p2pk_e = C.hex()};
    const Proof second{.amount = UINT64_MAX, .keyset_id = "01" + std::string(64, 'a'), .secret = "b", .C = C};
    const Token token{.mint = "https://mint.example/", .unit = "sat", .memo = "für dich", .proofs = {first, second}};
    const Token again = decode_token(encode_token(token)).value();
    CHECK(again.mint == "https://mint.example");
    CHECK(again.memo == "für dich");
    CHECK(again.proofs[0].p2pk_e == C.hex());
    CHECK(again.proofs[1].amount == UINT64_MAX);
    CHECK(again.proofs[1].keyset_id == "01aaaaaaaaaaaaaa");
}

TEST_CASE("tokens beyond the limits are refused")
{
    CHECK_FALSE(decode_token("cashuB" + std::string(300'000, 'A')));
    const std::string proof = R"({"amount":1,"id":"0011223344556677","secret":")" + std::string(1025, 'x') +
                              R"(","C":"02a9acc1e48c25eeeb9289b5031cc57da9fe72f3fe2861d264bdc074209b107ba2"})";
    CHECK_FALSE(decode_token(v3_of(R"({"token":[{"mint":"https://a.example","proofs":[)" + proof + "]}]}")));
    CHECK_FALSE(decode_token(v3_of(R"({"token":[]})")));
}

TEST_CASE("CBOR refuses what tokens have no use for")
{
    const auto decode = [](const char* hex) { return decode_cbor(decode_hex(hex).value()); };
    CHECK(decode("a0"));
    CHECK(decode("bf6161f6ff"));
    CHECK_FALSE(decode(""));
    CHECK_FALSE(decode("c001"));     // tag
    CHECK_FALSE(decode("f93c00"));   // half float
    CHECK_FALSE(decode("a1016161")); // key that is no text
    CHECK_FALSE(decode("a2616101616102"));
    CHECK_FALSE(decode("5f4101ff")); // indefinite string
    CHECK_FALSE(decode("ff"));
    CHECK_FALSE(decode("1c"));
    CHECK_FALSE(decode("0000"));
    CHECK_FALSE(decode("9f"));
}
