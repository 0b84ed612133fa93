#include "nostr/nip49.h"

#include "unit/nostr/vectors.h"
#include "util/bech32.h"

using namespace berth;
using namespace berth::nostr;
using namespace berth::nostr::test;

TEST_CASE("published encrypted keys open with their passwords")
{
    const Json file = vectors("nip49.json");
    const std::string not_normalised = text(file.at("nfkc"), "input_utf8");
    const std::string normalised = text(file.at("nfkc"), "normalised_utf8");
    for (const Json& row : file.at("vectors")) {
        CAPTURE(dump_json(row));
        const std::string hex = encode_hex(as_bytes(text(row, "password")));
        // We don't normalise, and say so in the contract: the caller brings NFKC.
        const Bytes password = decode_hex(hex == not_normalised ? normalised : hex).value();
        const auto opened = decrypt_secret_key(text(row, "ncryptsec"), as_text(password));
        REQUIRE(opened);
        CHECK(encode_hex(opened->secret_key.expose()) == text(row, "secret_key"));
        CHECK(static_cast<uint64_t>(opened->security) == row.at("key_security_byte").get<uint64_t>());
    }
}

TEST_CASE("an encrypted key opens with its own password only")
{
    crypto::SystemRandom random;
    const EncryptOptions options{.log_rounds = 4, .security = KeySecurity::not_leaked};
    const std::string text = encrypt_secret_key(provider_key(), "correct horse", options, random).value();
    CHECK(text.size() == 162);
    const auto opened = decrypt_secret_key(text, "correct horse");
    REQUIRE(opened);
    CHECK(encode_hex(opened->secret_key.expose()) == encode_hex(provider_key().expose()));
    CHECK(opened->security == KeySecurity::not_leaked);
    CHECK_FALSE(decrypt_secret_key(text, "correct horse "));
    CHECK_FALSE(decrypt_secret_key(text, ""));
}

TEST_CASE("no field of an encrypted key can be changed unnoticed")
{
    crypto::SystemRandom random;
    const std::string text = encrypt_secret_key(provider_key(), "password", {.log_rounds = 2}, random).value();
    const Bytes data = decode_bech32(text).value().data;
    for (size_t i = 0; i < data.size(); ++i) {
        Bytes changed = data;
        changed[i] ^= 1;
        CAPTURE(i);
        CHECK_FALSE(decrypt_secret_key(encode_bech32("ncryptsec", changed), "password"));
    }
    CHECK_FALSE(decrypt_secret_key(encode_bech32("nsec", data), "password"));
    CHECK_FALSE(decrypt_secret_key(encode_bech32("ncryptsec", ByteView{data}.first(90)), "password"));
}

TEST_CASE("a demand for absurd amounts of memory is refused")
{
    crypto::SystemRandom random;
    CHECK_FALSE(encrypt_secret_key(provider_key(), "x", {.log_rounds = 23}, random));
    CHECK_FALSE(encrypt_secret_key(provider_key(), "x", {.log_rounds = 0}, random));
    Bytes data = decode_bech32(encrypt_secret_key(provider_key(), "x", {.log_rounds = 1}, random).value()).value().data;
    for (const uint8_t log_rounds : Bytes{0, 23, 63, 64, 255}) {
        data[1] = log_rounds;
        const auto opened = decrypt_secret_key(encode_bech32("ncryptsec", data), "x");
        REQUIRE_FALSE(opened);
        CHECK(opened.error().message.find("rounds") != std::string::npos);
    }
}

TEST_CASE("a password that would need normalising is refused when it encrypts")
{
    crypto::SystemRandom random;
    CHECK_FALSE(encrypt_secret_key(provider_key(), "pässword", {.log_rounds = 1}, random));
}
