#include "nostr/nip06.h"

#include "unit/nostr/vectors.h"

using namespace berth;
using namespace berth::nostr;
using namespace berth::nostr::test;

TEST_CASE("keys of mnemonics, passphrases and accounts are those of NIP-06")
{
    const Json& rows = vectors("nip06.json").at("vectors");
    CHECK(rows.size() >= 6);
    for (const Json& row : rows) {
        const SecretKey key =
            key_from_mnemonic(text(row, "mnemonic"), text(row, "passphrase"), row.at("account").get<uint32_t>())
                .value();
        CHECK(encode_hex(key.expose()) == text(row, "secret_key"));
        CHECK(PublicKey::of(key).hex() == text(row, "public_key"));
        if (row.contains("nsec"))
            CHECK(encode_nsec(key) == text(row, "nsec"));
        if (row.contains("npub"))
            CHECK(PublicKey::of(key).npub() == text(row, "npub"));
    }
}

TEST_CASE("a wrong word, and an account beyond BIP-32's range, give no key")
{
    const std::string words = text(vectors("nip06.json").at("vectors").at(0), "mnemonic");
    CHECK_FALSE(key_from_mnemonic("zoo" + words.substr(words.find(' '))));
    CHECK_FALSE(key_from_mnemonic(words, "", uint32_t{1} << 31));
    CHECK(key_from_mnemonic(words, "", (uint32_t{1} << 31) - 1));
}
