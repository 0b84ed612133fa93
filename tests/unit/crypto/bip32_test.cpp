#include "crypto/bip32.h"

#include "util/hex.h"

#include <doctest/doctest.h>

using namespace berth;
using namespace berth::crypto;

namespace {

std::string key_at(const Secret& seed, std::vector<uint32_t> path)
{
    return encode_hex(derive_path(seed, path).value().key.expose());
}

} // namespace

TEST_CASE("keys and chain codes are those of BIP-32's first test vector")
{
    const Secret seed{decode_hex("000102030405060708090a0b0c0d0e0f").value()};
    const ExtendedKey master = master_key(seed).value();
    CHECK(encode_hex(master.chain_code.expose()) == "873dff81c02f525623fd1fe5167eac3a55a049de3d314bb42ee227ffed37d508");
    CHECK(key_at(seed, {}) == "e8f32e723decf4051aefac8e2c93c9c5b214313817cdb01a1494b917c8436b35");
    CHECK(key_at(seed, {kHardened}) == "edb2e14f9ee77d26dd93b4ecede8d16ed408ce149b6cd80b0715a2d911a0afea");
    CHECK(key_at(seed, {kHardened, 1}) == "3c6cb8d0f6a264c91ea8b5030fadaa8e538b020f0a387421a12de9319dc93368");
}

TEST_CASE("an index with and one without hardening give different keys")
{
    const Secret seed{Bytes(64, 7)};
    CHECK(key_at(seed, {5}) != key_at(seed, {5 | kHardened}));
}
