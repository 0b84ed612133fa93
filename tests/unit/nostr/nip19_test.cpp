#include "nostr/nip19.h"

#include "unit/nostr/vectors.h"

using namespace berth;
using namespace berth::nostr;
using namespace berth::nostr::test;

namespace {

std::vector<std::string> relays_of(const Json& row)
{
    return row.at("relays").get<std::vector<std::string>>();
}

/// Checks one decoded entity against its row; the overload taken is the row's type.
struct CheckAgainst {
    const Json& row;

    void operator()(const Npub& npub) const { CHECK(encode_hex(npub.pubkey) == text(row, "hex")); }
    void operator()(const Nsec& nsec) const { CHECK(encode_hex(nsec.secret.expose()) == text(row, "hex")); }
    void operator()(const Note& note) const { CHECK(encode_hex(note.id) == text(row, "hex")); }
    void operator()(const Nprofile& profile) const
    {
        CHECK(encode_hex(profile.pubkey) == text(row, "pubkey"));
        CHECK(profile.relays == relays_of(row));
    }
    void operator()(const Nevent& event) const
    {
        CHECK(encode_hex(event.id) == text(row, "id"));
        CHECK(event.relays == relays_of(row));
    }
    void operator()(const Naddr& address) const
    {
        CHECK(address.identifier == text(row, "identifier"));
        CHECK(encode_hex(address.pubkey) == text(row, "pubkey"));
        CHECK(address.kind == row.at("kind").get<Kind>());
        CHECK(address.relays == relays_of(row));
    }
};

} // namespace

TEST_CASE("every valid NIP-19 vector decodes to its fields")
{
    const std::vector<std::string> types{"npub", "nsec", "note", "nprofile", "nevent", "naddr"};
    for (const Json& row : vectors("nip19.json").at("valid")) {
        CAPTURE(text(row, "bech32"));
        const Result<Nip19Entity> entity = decode_nip19(text(row, "bech32"));
        REQUIRE(entity);
        CHECK(types[entity->index()] == text(row, "type"));
        std::visit(CheckAgainst{row}, *entity);
    }
}

TEST_CASE("no invalid NIP-19 vector decodes, or is taken where a key is needed")
{
    for (const Json& row : vectors("nip19.json").at("invalid")) {
        const std::string bech32 = text(row, "bech32");
        const std::string expect = text(row, "expect");
        CAPTURE(bech32);
        const bool decodes = expect.starts_with("decodes") || expect.starts_with("valid note");
        CHECK(decode_nip19(bech32).has_value() == decodes);
        const bool is_uri = bech32.starts_with("nostr:");
        CHECK(PublicKey::parse(bech32).has_value() == is_uri);
        CHECK_FALSE(parse_secret_key(bech32));
    }
}

TEST_CASE("what we encode decodes to the same")
{
    const Bytes32 some = PublicKey::of(provider_key()).bytes();
    const Result<Nip19Entity> address = decode_nip19(
        encode_naddr({.identifier = "offer", .pubkey = some, .kind = 38383, .relays = {"wss://a.example"}}));
    REQUIRE(address);
    const auto& naddr = std::get<Naddr>(*address);
    CHECK(naddr.identifier == "offer");
    CHECK(naddr.kind == 38383);
    CHECK(naddr.relays == std::vector<std::string>{"wss://a.example"});
    const Result<Nip19Entity> event =
        decode_nip19(encode_nevent({.id = some, .relays = {}, .author = some, .kind = Kind{1}}));
    REQUIRE(event);
    CHECK(std::get<Nevent>(*event).author == some);
    CHECK(std::get<Nevent>(*event).kind == Kind{1});
    CHECK(encode_naddr({.identifier = std::string(256, 'x'), .pubkey = some}).empty());
}
