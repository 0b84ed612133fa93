#include "cashu/deterministic.h"

#include "cashu/bdhke.h"
#include "crypto/mnemonic.h"
#include "vectors.h"

using namespace berth;
using namespace berth::cashu;

namespace {

crypto::Secret seed_of(const Json& file)
{
    return crypto::mnemonic_seed(test::text(file, "mnemonic")).value();
}

} // namespace

TEST_CASE("the seed of a mnemonic is BIP-39's")
{
    const Json& file = test::vectors("nut13_deterministic_secrets");
    CHECK(encode_hex(seed_of(file).expose()) == test::text(file, "seed_hex"));
}

TEST_CASE("secrets and blinding factors are those of NUT-13")
{
    const Json& file = test::vectors("nut13_deterministic_secrets");
    const crypto::Secret seed = seed_of(file);
    for (const char* version : {"version1", "version2"}) {
        const std::string id = test::text(file.at(version), "keyset_id");
        for (const Json& row : file.at(version).at("vectors")) {
            const DerivedOutput output = derive_output(seed, id, row.at("counter").get<uint64_t>()).value();
            CHECK(output.secret == test::text(row, "secret"));
            CHECK(encode_hex(output.r.expose()) == test::text(row, "r"));
            CHECK(blind(output.secret, output.r).value() == test::point(row, "B_"));
        }
    }
    const Json& version1 = file.at("version1");
    CHECK(keyset_id_integer(test::text(version1, "keyset_id")).value() == version1.at("keyset_id_int").get<uint32_t>());
}

TEST_CASE("no outputs are derived for ids of an unknown version, nor beyond BIP-32's range")
{
    const crypto::Secret seed{Bytes(64, 7)};
    CHECK_FALSE(derive_output(seed, "02" + std::string(64, 'a'), 0));
    CHECK_FALSE(derive_output(seed, "009a1f293253e4", 0));
    CHECK_FALSE(derive_output(seed, "", 0));
    CHECK_FALSE(derive_output(seed, "009a1f293253e41e", uint64_t{1} << 31));
    CHECK(derive_output(seed, "01" + std::string(64, 'a'), uint64_t{1} << 40));
}

TEST_CASE("the mint backup key is NUT-27's")
{
    const Json& file = test::vectors("nut27_nostr_mint_backup");
    const crypto::Scalar key = derive_key(seed_of(file), test::text(file, "domain_separator")).value();
    CHECK(encode_hex(key.expose()) == test::text(file, "secret_key"));
    CHECK(encode_hex(crypto::x_only_public_key(key)) == test::text(file, "public_key_xonly"));
}
