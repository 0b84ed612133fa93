#include "crypto/secp256k1.h"

#include "unit/source_dir.h"
#include "util/hex.h"
#include "util/json.h"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

using namespace berth;
using namespace berth::crypto;

namespace {

const std::string kOrderHex = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
const std::string kOrderLessOneHex = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140";
const std::string kOrderPlusOneHex = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364142";
const std::string kOneHex = std::string(63, '0') + "1";
const std::string kGeneratorHex = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";

Result<Scalar> scalar(const std::string& hex)
{
    return Scalar::create(decode_hex(hex).value());
}

std::string hex_of(const Scalar& value)
{
    return encode_hex(value.expose());
}

Json bip340_rows()
{
    std::ifstream stream{berth::checkout::source_dir() + "/tests/vectors/nostr/bip340.json"};
    REQUIRE(stream.is_open());
    std::ostringstream text;
    text << stream.rdbuf();
    return parse_json(text.str()).value().at("vectors");
}

} // namespace

TEST_CASE("signatures verify, or don't, as BIP-340 publishes")
{
    int rows = 0;
    for (const Json& row : bip340_rows()) {
        const auto message = decode_hex_array<32>(json_string(row, "message").value());
        if (!message)
            continue;
        CAPTURE(dump_json(row));
        const auto key = decode_hex_array<32>(json_string(row, "public_key").value()).value();
        const auto signature = decode_hex_array<64>(json_string(row, "signature").value()).value();
        CHECK(verify_schnorr(key, *message, signature) == json_bool(row, "valid").value());
        ++rows;
    }
    CHECK(rows == 15);
}

TEST_CASE("published keys sign the published bytes")
{
    int rows = 0;
    for (const Json& row : bip340_rows()) {
        const auto message = decode_hex_array<32>(json_string(row, "message").value());
        const auto secret = scalar(json_string(row, "secret_key").value());
        if (!message || !secret)
            continue;
        CAPTURE(dump_json(row));
        CHECK(encode_hex(x_only_public_key(*secret)) == json_string(row, "public_key").value());
        const auto auxiliary = decode_hex_array<32>(json_string(row, "aux_rand").value()).value();
        CHECK(encode_hex(sign_schnorr(*secret, *message, auxiliary)) == json_string(row, "signature").value());
        ++rows;
    }
    CHECK(rows >= 4);
}

TEST_CASE("a fresh signature verifies, and fails for any other message or key")
{
    SystemRandom random;
    const Scalar secret = Scalar::random(random);
    Bytes32 message = random.bytes32();
    const Bytes64 signature = sign_schnorr(secret, message, random);
    CHECK(verify_schnorr(x_only_public_key(secret), message, signature));
    CHECK_FALSE(verify_schnorr(x_only_public_key(Scalar::random(random)), message, signature));
    message[31] ^= 1;
    CHECK_FALSE(verify_schnorr(x_only_public_key(secret), message, signature));
}

TEST_CASE("a scalar lies in [1, n-1]")
{
    CHECK_FALSE(scalar(std::string(64, '0')));
    CHECK(scalar(kOneHex));
    CHECK(scalar(kOrderLessOneHex));
    CHECK_FALSE(scalar(kOrderHex));
    CHECK_FALSE(scalar(std::string(64, 'f')));
    CHECK_FALSE(scalar(std::string(62, '1')));
    CHECK_FALSE(scalar(std::string(66, '1')));
}

TEST_CASE("reduction subtracts n once, and refuses what becomes zero")
{
    const auto reduced = [](const std::string& hex) { return Scalar::create_reduced(decode_hex(hex).value()); };
    CHECK(hex_of(reduced(kOneHex).value()) == kOneHex);
    CHECK(hex_of(reduced(kOrderLessOneHex).value()) == kOrderLessOneHex);
    CHECK_FALSE(reduced(kOrderHex));
    CHECK(hex_of(reduced(kOrderPlusOneHex).value()) == kOneHex);
    CHECK(hex_of(reduced(std::string(64, 'f')).value()) ==
          "000000000000000000000000000000014551231950b75fc4402da1732fc9bebe");
    CHECK_FALSE(reduced(std::string(64, '0')));
    CHECK_FALSE(reduced(std::string(62, '1')));
}

TEST_CASE("n-1 is minus one: sums wrap, a sum of zero is refused")
{
    const Scalar one = scalar(kOneHex).value();
    const Scalar minus_one = scalar(kOrderLessOneHex).value();
    CHECK(hex_of(one.negated()) == kOrderLessOneHex);
    CHECK_FALSE(one.plus(minus_one));
    CHECK(hex_of(minus_one.times(minus_one).value()) == kOneHex);
    const Scalar two = one.plus(one).value();
    CHECK(hex_of(minus_one.plus(two).value()) == kOneHex);
}

TEST_CASE("points add up as their scalars do, and never to infinity")
{
    const Scalar one = scalar(kOneHex).value();
    const Scalar minus_one = scalar(kOrderLessOneHex).value();
    const Point generator = Point::generate(one);
    CHECK(generator.hex() == kGeneratorHex);
    CHECK(Point::generate(minus_one).hex() == "03" + kGeneratorHex.substr(2));
    CHECK_FALSE(generator.plus(Point::generate(minus_one)));
    CHECK_FALSE(generator.minus(generator));

    const Scalar two = one.plus(one).value();
    const Point twice = Point::generate(two);
    CHECK(generator.plus(generator).value() == twice);
    CHECK(generator.times(two).value() == twice);
    CHECK(twice.minus(generator).value() == generator);
}

TEST_CASE("only compressed points on the curve are read")
{
    CHECK(Point::parse_hex(kGeneratorHex).value().hex() == kGeneratorHex);
    CHECK(Point::parse_hex("0279BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798"));
    CHECK_FALSE(Point::parse_hex("04" + kGeneratorHex.substr(2)));
    CHECK_FALSE(Point::parse_hex("00" + kGeneratorHex.substr(2)));
    CHECK_FALSE(Point::parse_hex("02" + std::string(64, '0')));
    CHECK_FALSE(Point::parse_hex("02" + std::string(64, 'f')));
    CHECK_FALSE(Point::parse_hex(kGeneratorHex.substr(2)));
    CHECK_FALSE(Point::parse({}));
    const Point generator = Point::parse_hex(kGeneratorHex).value();
    CHECK(encode_hex(generator.uncompressed()).substr(0, 66) == "04" + kGeneratorHex.substr(2));
}

TEST_CASE("more points than are remembered crowd each other out, and each stays what it is")
{
    const Point generator = Point::parse_hex(kGeneratorHex).value();
    std::vector<Point> multiples{generator, generator.plus(generator).value()};
    while (multiples.size() < 1000)
        multiples.push_back(multiples.back().plus(generator).value());
    for (size_t i = 0; i + 1 < multiples.size(); ++i) {
        CHECK(Point::parse(multiples[i].compressed()).value() == multiples[i]);
        CHECK(multiples[i + 1].minus(generator).value() == multiples[i]);
        Bytes33 mirrored = multiples[i].compressed();
        mirrored[0] ^= 1;
        CHECK_FALSE(Point::parse(mirrored).value().plus(multiples[i])); // minus itself: infinity
        mirrored[0] = 4;
        CHECK_FALSE(Point::parse(mirrored));
    }
}

TEST_CASE("both sides of a key agreement get the same x coordinate, and none off the curve")
{
    SystemRandom random;
    const Scalar ours = Scalar::random(random);
    const Scalar theirs = Scalar::random(random);
    const Secret shared = ecdh_x(ours, x_only_public_key(theirs)).value();
    const Secret mirrored = ecdh_x(theirs, x_only_public_key(ours)).value();
    CHECK(encode_hex(shared.expose()) == encode_hex(mirrored.expose()));
    CHECK_FALSE(ecdh_x(ours, Bytes32{}));
    Bytes32 too_large{};
    too_large.fill(0xff);
    CHECK_FALSE(ecdh_x(ours, too_large));
    CHECK_FALSE(is_x_only_public_key(too_large));
    CHECK_FALSE(is_x_only_public_key({}));
}
