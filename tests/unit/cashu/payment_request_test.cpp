#include "cashu/payment_request.h"

#include "cashu/payment_request_bech32.h"
#include "vectors.h"

using namespace berth;
using namespace berth::cashu;

namespace {

/// The request in the JSON form of NUT-18, to be compared with the documents.
Json to_json(const PaymentRequest& request)
{
    Json out = Json::object();
    if (request.id)
        out["i"] = *request.id;
    if (request.amount)
        out["a"] = *request.amount;
    if (request.unit)
        out["u"] = *request.unit;
    if (request.single_use)
        out["s"] = *request.single_use;
    if (!request.mints.empty())
        out["m"] = request.mints;
    if (request.description)
        out["d"] = *request.description;
    for (const PaymentTransport& transport : request.transports) {
        Json entry = Json::object();
        entry["t"] = transport.type;
        entry["a"] = transport.target;
        if (!transport.tags.empty())
            entry["g"] = transport.tags;
        out["t"].push_back(entry);
    }
    if (request.lock) {
        out["nut10"]["k"] = request.lock->kind;
        out["nut10"]["d"] = request.lock->data;
        if (!request.lock->tags.empty())
            out["nut10"]["t"] = request.lock->tags;
    }
    return out;
}

} // namespace

TEST_CASE("creqA requests are those of NUT-18, in both alphabets and with null members")
{
    for (const Json& row : test::vectors("nut18_payment_requests").at("vectors")) {
        const std::string name = test::text(row, "name");
        CAPTURE(name);
        const PaymentRequest request = decode_payment_request(test::text(row, "encoded")).value();
        CHECK(to_json(request) == row.at("decoded_from_cbor"));
        CHECK(to_json(decode_payment_request(encode_payment_request(request)).value()) == to_json(request));
    }
}

TEST_CASE("our own request is written byte for byte, and read padded or not")
{
    const Json& file = test::vectors("derived_payment_request");
    const PaymentRequest request = decode_payment_request(test::text(file, "encoded_padded")).value();
    CHECK(to_json(request) == file.at("json"));
    CHECK(encode_payment_request(request) == test::text(file, "encoded_unpadded"));
}

TEST_CASE("CREQB requests are those of NUT-26")
{
    for (const Json& row : test::vectors("nut26_payment_request_bech32m").at("vectors")) {
        const std::string name = test::text(row, "name");
        CAPTURE(name);
        const PaymentRequest request = decode_payment_request(test::text(row, "encoded")).value();
        if (row.at("document_json_matches_encoding").get<bool>())
            CHECK(to_json(request) == row.at("json_in_document"));
        const std::string again = encode_payment_request_bech32(request).value();
        CHECK(to_json(decode_payment_request(again).value()) == to_json(request));
        CHECK(again == test::text(row, "encoded"));
    }
}

TEST_CASE("what is no request, or names an amount of nothing, is refused")
{
    CHECK_FALSE(decode_payment_request(""));
    CHECK_FALSE(decode_payment_request("creqA"));
    CHECK_FALSE(decode_payment_request("creqC00"));
    CHECK_FALSE(decode_payment_request(encode_payment_request({.amount = 5})));
    CHECK_FALSE(encode_payment_request_bech32({.transports = {{.type = "smoke", .target = "hill"}}}));
    CHECK_FALSE(encode_payment_request_bech32({.transports = {{.type = "nostr", .target = "hill"}}}));
    CHECK_FALSE(encode_payment_request_bech32({.lock = LockOption{.kind = "OTHER", .data = "0"}}));
}

TEST_CASE("a payload survives both directions and needs proofs, a mint and a unit")
{
    test::CountingBytes random;
    const crypto::Point C = crypto::Point::generate(crypto::Scalar::random(random));
    const Proof proof{.amount = 1, .keyset_id = "0011223344556677", .secret = "s", .C = C, .dleq = ProofDleq{}};
    const PaymentPayload payload{
        .id = "order", .token = {.mint = "https://mint.example", .unit = "sat", .memo = "m", .proofs = {proof}}};
    const std::string text = encode_payment_payload(payload);
    const PaymentPayload again = decode_payment_payload(text).value();
    CHECK(encode_payment_payload(again) == text);
    CHECK(again.token.proofs[0].dleq);
    CHECK_FALSE(decode_payment_payload(R"({"mint":"https://mint.example","unit":"sat","proofs":[]})"));
    CHECK_FALSE(decode_payment_payload(R"({"unit":"sat","proofs":[{}]})"));
    CHECK_FALSE(decode_payment_payload("cashuB"));
}
