#include "nostr/nip19.h"

#include "support/temporary_folder.h"
#include "unit/nostr/vectors.h"

#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

using namespace berth;
using namespace berth::nostr;
using namespace berth::nostr::test;

namespace {

bool same_key(const SecretKey& a, const SecretKey& b)
{
    return PublicKey::of(a) == PublicKey::of(b);
}

} // namespace

TEST_CASE("a public key reads the same from hex, npub, nprofile and a nostr: link")
{
    const PublicKey key = PublicKey::of(provider_key());
    const std::string profile = encode_nprofile({.pubkey = key.bytes(), .relays = {"wss://relay.example"}});
    std::string upper = key.hex();
    for (char& c : upper)
        c = static_cast<char>(std::toupper(c));
    for (const std::string& spelling : {key.hex(), upper, key.npub(), profile, "nostr:" + key.npub()}) {
        CAPTURE(spelling);
        const Result<PublicKey> parsed = PublicKey::parse(spelling);
        REQUIRE(parsed);
        CHECK(*parsed == key);
    }
    CHECK_FALSE(PublicKey::parse_hex(upper));
    CHECK_FALSE(PublicKey::parse(encode_note(key.bytes())));
    CHECK_FALSE(PublicKey::parse_hex(std::string(64, 'f')));
    CHECK_FALSE(PublicKey::parse(""));
}

TEST_CASE("a secret key reads from nsec and hex, and an error never repeats it")
{
    const SecretKey key = provider_key();
    const std::string nsec = encode_nsec(key);
    CHECK(nsec == "nsec1yz84zggs7wn2y7dzj9zvrjxc5wmqdg0kqhstchj5qz5vh325rylspc7z7c");
    CHECK(same_key(parse_secret_key(" " + nsec + "\n").value(), key));
    CHECK(same_key(parse_secret_key(encode_hex(key.expose())).value(), key));
    const std::string broken = nsec.substr(0, nsec.size() - 1) + "q";
    const Result<SecretKey> refused = parse_secret_key(broken);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message.find(broken.substr(5, 12)) == std::string::npos);
    CHECK_FALSE(parse_secret_key(std::string(64, '0')));
    CHECK_FALSE(parse_secret_key(PublicKey::of(key).npub()));
}

TEST_CASE("a key file comes back as it was saved, and is never overwritten")
{
    const berth::test::TemporaryFolder directory;
    REQUIRE(save_secret_key(directory.path() / "key", provider_key()));
    struct stat status {};
    REQUIRE(::stat((directory.path() / "key").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    CHECK(same_key(load_secret_key(directory.path() / "key").value(), provider_key()));
    CHECK(save_secret_key(directory.path() / "key", consumer_key()).error().code == Errc::conflict);
    CHECK(same_key(load_secret_key(directory.path() / "key").value(), provider_key()));
    CHECK(load_secret_key(directory.path() / "none").error().code == Errc::not_found);
}

TEST_CASE("a key file may hold the words of a mnemonic, over several lines (NIP-06)")
{
    const berth::test::TemporaryFolder directory;
    for (const Json& row : vectors("nip06.json").at("vectors")) {
        if (row.at("account") != 0 || text(row, "passphrase") != "")
            continue;
        std::string words = text(row, "mnemonic");
        std::ofstream file{directory.path() / "words"};
        file << " " << words.replace(words.find(' '), 1, " \r\n\t") << "\n";
        file.close();
        REQUIRE(::chmod((directory.path() / "words").c_str(), 0600) == 0);
        const Result<SecretKey> key = load_secret_key(directory.path() / "words");
        REQUIRE(key);
        CHECK(encode_hex(key->expose()) == text(row, "secret_key"));
    }
    CHECK(parse_secret_key("leader monkey").error().message.find("monkey") == std::string::npos);
}

TEST_CASE("a key file that others may read is refused")
{
    const berth::test::TemporaryFolder directory;
    REQUIRE(save_secret_key(directory.path() / "key", provider_key()));
    REQUIRE(::chmod((directory.path() / "key").c_str(), 0640) == 0);
    CHECK(load_secret_key(directory.path() / "key").error().code == Errc::refused);
    REQUIRE(::chmod((directory.path() / "key").c_str(), 0400) == 0);
    CHECK(load_secret_key(directory.path() / "key"));
}
