#include "crypto/hash.h"

#include "util/hex.h"

#include <doctest/doctest.h>

using namespace berth;
using namespace berth::crypto;

namespace {

Bytes bytes(const std::string& hex)
{
    return decode_hex(hex).value();
}

} // namespace

TEST_CASE("SHA-256 gives the digests of FIPS 180")
{
    CHECK(encode_hex(sha256({})) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(encode_hex(sha256(as_bytes("abc"))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("pieces hash as the whole does")
{
    Sha256 pieces;
    pieces.update("a").update("").update("bc");
    CHECK(pieces.finish() == sha256(as_bytes("abc")));
}

TEST_CASE("HMAC gives the codes of RFC 4231")
{
    const Bytes key(20, 0x0b);
    CHECK(encode_hex(hmac_sha256(key, as_bytes("Hi There"))) ==
          "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    CHECK(encode_hex(hmac_sha512(key, as_bytes("Hi There"))) ==
          "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
          "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854");
    CHECK(
        encode_hex(hmac_sha256(Bytes(131, 0xaa), as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))) ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("HMAC takes an empty key")
{
    CHECK(encode_hex(hmac_sha256({}, {})) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST_CASE("HKDF expands as RFC 5869 does")
{
    const Bytes salt = bytes("000102030405060708090a0b0c");
    const Bytes32 key = hmac_sha256(salt, Bytes(22, 0x0b));
    CHECK(encode_hex(key) == "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
    const Secret out = hkdf_expand(key, bytes("f0f1f2f3f4f5f6f7f8f9"), 42);
    CHECK(encode_hex(out.expose()) ==
          "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    CHECK(hkdf_expand(key, {}, 255 * 32).expose().size() == 255 * 32);
    CHECK(hkdf_expand(key, {}, 0).empty());
}

TEST_CASE("a mnemonic's seed is the one that BIP-39 publishes")
{
    const Secret seed =
        pbkdf2_sha512("abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
                      "mnemonicTREZOR", 2048, 64);
    CHECK(encode_hex(seed.expose()) == "c55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e5349553"
                                       "1f09a6987599d18264c1e1c92f2cf141630c7a3c4ab7c81b2f001698e7463b04");
}

TEST_CASE("equal means same length and same bytes")
{
    CHECK(equal_constant_time({}, {}));
    CHECK(equal_constant_time(as_bytes("secret"), as_bytes("secret")));
    CHECK_FALSE(equal_constant_time(as_bytes("secret"), as_bytes("Secret")));
    CHECK_FALSE(equal_constant_time(as_bytes("secret"), as_bytes("secre")));
}
