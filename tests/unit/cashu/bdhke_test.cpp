#include "cashu/bdhke.h"

#include "cashu/dleq.h"
#include "vectors.h"

using namespace berth;
using namespace berth::cashu;
using crypto::Point;
using crypto::Scalar;

TEST_CASE("hash_to_curve gives the points of NUT-00")
{
    for (const Json& row : test::vectors("nut00_hash_to_curve").at("vectors"))
        CHECK(hash_to_curve(test::bytes(row, "message_hex")) == test::point(row, "point"));
}

TEST_CASE("blinding and signing give the points of NUT-00")
{
    const Json& file = test::vectors("nut00_blinding");
    for (const Json& row : file.at("blinded_messages")) {
        const Bytes x = test::bytes(row, "x_hex");
        CHECK(blind(as_text(x), test::scalar(row, "r")).value() == test::point(row, "B_"));
    }
    for (const Json& row : file.at("blinded_signatures"))
        CHECK(sign_blinded(test::point(row, "B_"), test::scalar(row, "k")).value() == test::point(row, "C_"));
}

TEST_CASE("a proof goes the whole way from secret to C")
{
    for (const Json& row : test::vectors("derived_bdhke_chain").at("chain")) {
        const std::string secret = test::text(row, "secret");
        const Scalar r = test::scalar(row, "r");
        const Point A = test::point(row, "A");
        const Point C_ = test::point(row, "C_");
        const Point C = test::point(row, "C");
        CHECK(hash_to_curve(secret) == test::point(row, "Y"));
        CHECK(blind(secret, r).value() == test::point(row, "B_"));
        CHECK(unblind(C_, r, A).value() == C);
        const BlindDleq dleq{.e = test::bytes32(row.at("dleq"), "e"), .s = test::bytes32(row.at("dleq"), "s")};
        CHECK(verify_dleq(dleq, A, test::point(row, "B_"), C_));
        const ProofDleq proof_dleq{.e = dleq.e, .s = dleq.s, .r = test::bytes32(row, "r")};
        CHECK(verify_proof_dleq(proof_dleq, A, secret, C));
        CHECK_FALSE(verify_proof_dleq(proof_dleq, A, secret + "0", C));
        CHECK_FALSE(verify_proof_dleq(proof_dleq, C, secret, C));
    }
}

TEST_CASE("the mint recognises its own signature and no other")
{
    test::CountingBytes random;
    const Scalar a = Scalar::random(random);
    const Scalar r = Scalar::random(random);
    const Point B_ = blind("secret", r).value();
    const Point C = unblind(sign_blinded(B_, a).value(), r, Point::generate(a)).value();
    CHECK(is_signed_by(a, "secret", C));
    CHECK_FALSE(is_signed_by(a, "another", C));
    CHECK_FALSE(is_signed_by(r, "secret", C));
}

TEST_CASE("DLEQ hashes, nonces and proofs are those of NUT-12")
{
    const Json& file = test::vectors("nut12_dleq");
    for (const Json& row : file.at("hash_e"))
        CHECK(hash_e(test::point(row, "R1"), test::point(row, "R2"), test::point(row, "K"), test::point(row, "C_")) ==
              test::bytes32(row, "hash"));
    for (const Json& row : file.at("deterministic_nonce")) {
        const BlindDleq dleq = create_dleq(test::scalar(row, "a"), test::point(row, "B_"), test::point(row, "C_"));
        CHECK(dleq.e == test::bytes32(row, "e"));
        CHECK(dleq.s == test::bytes32(row, "s"));
    }
    for (const Json& row : file.at("blind_signature")) {
        const Json& signature = row.at("signature");
        const BlindDleq dleq{.e = test::bytes32(signature.at("dleq"), "e"),
                             .s = test::bytes32(signature.at("dleq"), "s")};
        CHECK(verify_dleq(dleq, test::point(row, "A"), test::point(row, "B_"), test::point(signature, "C_")) ==
              row.at("valid").get<bool>());
    }
    for (const Json& row : file.at("proof")) {
        const Json& proof = row.at("proof");
        const Json& values = proof.at("dleq");
        const ProofDleq dleq{
            .e = test::bytes32(values, "e"), .s = test::bytes32(values, "s"), .r = test::bytes32(values, "r")};
        CHECK(verify_proof_dleq(dleq, test::point(row, "A"), test::text(proof, "secret"), test::point(proof, "C")) ==
              row.at("valid").get<bool>());
    }
}

TEST_CASE("a DLEQ with a zero or unreduced scalar is refused")
{
    test::CountingBytes random;
    const Scalar a = Scalar::random(random);
    const Point B_ = Point::generate(Scalar::random(random));
    const Point C_ = sign_blinded(B_, a).value();
    const BlindDleq good = create_dleq(a, B_, C_);
    Bytes32 all_ones{};
    all_ones.fill(0xff);
    CHECK(verify_dleq(good, Point::generate(a), B_, C_));
    CHECK_FALSE(verify_dleq({.e = {}, .s = good.s}, Point::generate(a), B_, C_));
    CHECK_FALSE(verify_dleq({.e = good.e, .s = {}}, Point::generate(a), B_, C_));
    CHECK_FALSE(verify_dleq({.e = good.e, .s = all_ones}, Point::generate(a), B_, C_));
}
