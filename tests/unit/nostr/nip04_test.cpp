#include "nostr/nip04.h"

#include "nostr/nip44.h"
#include "unit/nostr/vectors.h"

using namespace berth;
using namespace berth::nostr;
using namespace berth::nostr::test;

namespace {

std::string plaintext_of(const Json& row)
{
    if (row.contains("plaintext"))
        return text(row, "plaintext");
    std::string out;
    for (int i = 0; i < row.at("plaintext_repeat").get<int>(); ++i)
        out += text(row, "plaintext_pattern");
    return out;
}

Result<std::string> decrypt_row(const Json& row)
{
    const SecretKey own = secret_key(text(row, "sec"));
    return nip04::decrypt(nip04::shared_key(own, hash(text(row, "sender_pub"))).value(), text(row, "content"));
}

} // namespace

TEST_CASE("every valid NIP-04 vector decrypts from both sides, and encrypts to the same where the iv is known")
{
    for (const Json& row : vectors("nip04.json").at("valid")) {
        CAPTURE(dump_json(row));
        const crypto::Secret one = nip04::shared_key(secret_key(text(row, "sec1")), hash(text(row, "pub2"))).value();
        const crypto::Secret two = nip04::shared_key(secret_key(text(row, "sec2")), hash(text(row, "pub1"))).value();
        CHECK(encode_hex(one.expose()) == text(row, "shared_x"));
        CHECK(encode_hex(two.expose()) == text(row, "shared_x"));
        CHECK(nip04::decrypt(two, text(row, "content")).value() == plaintext_of(row));
        if (row.contains("iv")) {
            FixedRandom iv{decode_hex(text(row, "iv")).value()};
            CHECK(nip04::encrypt(one, plaintext_of(row), iv) == text(row, "content"));
        }
    }
}

TEST_CASE("no invalid NIP-04 vector decrypts, and all fail with the same words")
{
    for (const Json& row : vectors("nip04.json").at("invalid")) {
        CAPTURE(text(row, "note"));
        const Result<std::string> refused = decrypt_row(row);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().message == "NIP-04 content cannot be decrypted");
        if (text(row, "expect").find("NIP-44") != std::string::npos) {
            const SecretKey own = secret_key(text(row, "sec"));
            const crypto::Secret key = nip44::conversation_key(own, hash(text(row, "sender_pub"))).value();
            CHECK(nip44::decrypt(key, text(row, "content")));
        }
    }
}

TEST_CASE("an altered iv decrypts to another text: only the event's signature protects NIP-04")
{
    const Json file = vectors("nip04.json");
    const Json& row = file.at("iv_malleability");
    CHECK(decrypt_row(row).value() == text(row, "plaintext"));
}
