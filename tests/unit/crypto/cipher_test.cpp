#include "crypto/cipher.h"

#include "util/hex.h"

#include <doctest/doctest.h>

using namespace berth;
using namespace berth::crypto;

namespace {

const Bytes kKey(32, 7);

Bytes bytes_of(std::string_view text)
{
    const ByteView view = as_bytes(text);
    return {view.begin(), view.end()};
}

} // namespace

TEST_CASE("AES-256-CBC gives the first block of NIST SP 800-38A")
{
    const Bytes key = decode_hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4").value();
    const AesIv iv = decode_hex_array<16>("000102030405060708090a0b0c0d0e0f").value();
    const Bytes ciphertext = encrypt_aes256_cbc(key, iv, decode_hex("6bc1bee22e409f96e93d7e117393172a").value());
    CHECK(ciphertext.size() == 32);
    CHECK(encode_hex(ciphertext).substr(0, 32) == "f58c4c04d6e5f1ba779eabfb5f7bfbd6");
}

TEST_CASE("every length survives AES-256-CBC and back")
{
    for (size_t length = 0; length <= 33; ++length) {
        const Bytes plaintext(length, 0x5a);
        const Bytes ciphertext = encrypt_aes256_cbc(kKey, AesIv{}, plaintext);
        CHECK(ciphertext.size() == (length / 16 + 1) * 16);
        CHECK(decrypt_aes256_cbc(kKey, AesIv{}, ciphertext).value() == plaintext);
    }
}

TEST_CASE("all failures to decrypt look the same")
{
    const Bytes ciphertext = encrypt_aes256_cbc(kKey, AesIv{}, bytes_of("hello"));
    const auto wrong_key = decrypt_aes256_cbc(Bytes(32, 8), AesIv{}, ciphertext);
    const auto cut = decrypt_aes256_cbc(kKey, AesIv{}, ByteView{ciphertext}.first(15));
    const auto empty = decrypt_aes256_cbc(kKey, AesIv{}, {});
    REQUIRE_FALSE(wrong_key);
    REQUIRE_FALSE(cut);
    REQUIRE_FALSE(empty);
    CHECK(wrong_key.error().message == cut.error().message);
    CHECK(cut.error().message == empty.error().message);
}

TEST_CASE("ChaCha20 begins at block 0 of RFC 8439's key stream")
{
    const Bytes zeros(64, 0);
    const Bytes stream = chacha20(Bytes(32, 0), ChaChaNonce{}, zeros);
    CHECK(encode_hex(stream) == "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
                                "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586");
}

TEST_CASE("ChaCha20 is its own inverse, and empty stays empty")
{
    const Bytes plaintext = bytes_of("a text that is longer than one block of sixty-four bytes of the key stream");
    const Bytes ciphertext = chacha20(kKey, ChaChaNonce{1, 2, 3}, plaintext);
    CHECK(ciphertext != plaintext);
    CHECK(chacha20(kKey, ChaChaNonce{1, 2, 3}, ciphertext) == plaintext);
    CHECK(chacha20(kKey, ChaChaNonce{}, {}).empty());
}
