#include "nostr/nip44.h"

#include "crypto/hash.h"
#include "unit/nostr/vectors.h"

using namespace berth;
using namespace berth::nostr;
using namespace berth::nostr::test;

namespace {

crypto::Secret secret(const std::string& hex)
{
    return crypto::Secret{decode_hex(hex).value()};
}

std::string sha256_hex(std::string_view text)
{
    return encode_hex(crypto::sha256(as_bytes(text)));
}

std::string repeated(const std::string& pattern, size_t times)
{
    std::string out;
    for (size_t i = 0; i < times; ++i)
        out += pattern;
    return out;
}

} // namespace

TEST_CASE("conversation and message keys are the published ones")
{
    const Json valid = vectors("nip44.vectors.json").at("v2").at("valid");
    for (const Json& row : valid.at("get_conversation_key")) {
        const auto key = nip44::conversation_key(secret_key(text(row, "sec1")), hash(text(row, "pub2")));
        CHECK(encode_hex(key.value().expose()) == text(row, "conversation_key"));
    }
    const Json& messages = valid.at("get_message_keys");
    for (const Json& row : messages.at("keys")) {
        const nip44::MessageKeys keys =
            nip44::message_keys(secret(text(messages, "conversation_key")), hash(text(row, "nonce")));
        CHECK(encode_hex(keys.chacha_key.expose()) == text(row, "chacha_key"));
        CHECK(encode_hex(keys.chacha_nonce) == text(row, "chacha_nonce"));
        CHECK(encode_hex(keys.hmac_key.expose()) == text(row, "hmac_key"));
    }
}

TEST_CASE("bad keys make no conversation key")
{
    const Json file = vectors("nip44.vectors.json");
    for (const Json& row : file.at("v2").at("invalid").at("get_conversation_key")) {
        CAPTURE(dump_json(row));
        const Result<SecretKey> own = SecretKey::create(decode_hex(text(row, "sec1")).value());
        const bool made = own && nip44::conversation_key(*own, hash(text(row, "pub2")));
        CHECK_FALSE(made);
    }
}

TEST_CASE("lengths are padded as published")
{
    const Json official = vectors("nip44.vectors.json");
    for (const Json& row : official.at("v2").at("valid").at("calc_padded_len"))
        CHECK(nip44::padded_length(row.at(0).get<uint64_t>()) == row.at(1).get<uint64_t>());
    for (const Json& row : vectors("nip44-extended.json").at("calc_padded_len"))
        CHECK(nip44::padded_length(row.at(0).get<uint64_t>()) == row.at(1).get<uint64_t>());
}

TEST_CASE("published texts encrypt to the published payloads and back")
{
    const Json valid = vectors("nip44.vectors.json").at("v2").at("valid");
    for (const Json& row : valid.at("encrypt_decrypt")) {
        const SecretKey one = secret_key(text(row, "sec1"));
        const SecretKey two = secret_key(text(row, "sec2"));
        const crypto::Secret key = nip44::conversation_key(one, PublicKey::of(two).bytes()).value();
        CHECK(encode_hex(key.expose()) == text(row, "conversation_key"));
        const auto payload = nip44::encrypt_with_nonce(key, text(row, "plaintext"), hash(text(row, "nonce")));
        CHECK(payload.value() == text(row, "payload"));
        CHECK(nip44::decrypt(key, *payload).value() == text(row, "plaintext"));
    }
    for (const Json& row : valid.at("encrypt_decrypt_long_msg")) {
        const crypto::Secret key = secret(text(row, "conversation_key"));
        const std::string plaintext = repeated(text(row, "pattern"), row.at("repeat").get<size_t>());
        CHECK(sha256_hex(plaintext) == text(row, "plaintext_sha256"));
        const auto payload = nip44::encrypt_with_nonce(key, plaintext, hash(text(row, "nonce")));
        CHECK(sha256_hex(payload.value()) == text(row, "payload_sha256"));
        CHECK(nip44::decrypt(key, *payload).value() == plaintext);
    }
}

TEST_CASE("we never send an empty text, nor the extended form")
{
    const Json file = vectors("nip44.vectors.json");
    const crypto::Secret key = secret(std::string(64, '1'));
    crypto::SystemRandom random;
    for (const Json& length : file.at("v2").at("invalid").at("encrypt_msg_lengths"))
        CHECK_FALSE(nip44::encrypt(key, std::string(length.get<size_t>(), 'x'), random));
    CHECK(nip44::encrypt(key, std::string(65'535, 'x'), random));
}

TEST_CASE("the extended form is read, up to our cap")
{
    const Json file = vectors("nip44-extended.json");
    const crypto::Secret key = secret(text(file, "conversation_key"));
    for (const Json& row : file.at("valid")) {
        CAPTURE(dump_json(row));
        const Bytes byte = decode_hex(text(row, "plaintext_byte")).value();
        const std::string plaintext(row.at("plaintext_len").get<size_t>(), static_cast<char>(byte.at(0)));
        const std::string payload = nip44::encrypt_with_nonce(key, plaintext, hash(text(file, "nonce"))).value();
        CHECK(payload.size() == row.at("payload_chars").get<size_t>());
        CHECK(sha256_hex(payload) == text(row, "payload_sha256"));
        CHECK(nip44::decrypt(key, payload, SIZE_MAX).value() == plaintext);
        CHECK(nip44::decrypt(key, payload).has_value() == (payload.size() <= nip44::kPayloadCharactersMax));
    }
}

TEST_CASE("no invalid payload decrypts")
{
    const Json official = vectors("nip44.vectors.json");
    for (const Json& row : official.at("v2").at("invalid").at("decrypt")) {
        CAPTURE(text(row, "note"));
        CHECK_FALSE(nip44::decrypt(secret(text(row, "conversation_key")), text(row, "payload")));
    }
    const Json extended = vectors("nip44-extended.json");
    for (const Json& row : extended.at("invalid_decrypt")) {
        CAPTURE(text(row, "note"));
        CHECK_FALSE(nip44::decrypt(secret(text(row, "conversation_key")), text(row, "payload")));
    }
    const Json& not_utf8 = extended.at("invalid_utf8_plaintext");
    for (const Json& row : not_utf8.is_array() ? not_utf8 : Json::array({not_utf8}))
        CHECK_FALSE(nip44::decrypt(secret(text(row.contains("conversation_key") ? row : extended, "conversation_key")),
                                   text(row, "payload")));
}

TEST_CASE("bytes inside the padding don't matter")
{
    for (const Json& row : vectors("nip44-extended.json").at("lenient_valid"))
        CHECK(nip44::decrypt(secret(text(row, "conversation_key")), text(row, "payload")).value() ==
              text(row, "plaintext"));
}
