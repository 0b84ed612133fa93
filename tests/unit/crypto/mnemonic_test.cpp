#include "crypto/mnemonic.h"

#include "support/counting_bytes.h"
#include "util/hex.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace berth;
using namespace berth::crypto;

namespace {

std::string repeated(int times, const std::string& last)
{
    std::string words;
    for (int i = 0; i < times; ++i)
        words += "abandon ";
    return words + last;
}

} // namespace

TEST_CASE("a new mnemonic of each length is valid, and no shorter, longer or spaced-out text is")
{
    CountingBytes random;
    for (const size_t word_count : {12u, 15u, 18u, 21u, 24u}) {
        const Secret mnemonic = generate_mnemonic(random, word_count);
        const std::string words{as_text(mnemonic.expose())};
        CHECK(std::count(words.begin(), words.end(), ' ') + 1 == static_cast<ptrdiff_t>(word_count));
        CHECK(check_mnemonic(words));
        CHECK_FALSE(check_mnemonic(words + " "));
        CHECK_FALSE(check_mnemonic(" " + words));
        CHECK_FALSE(check_mnemonic(words + " abandon"));
        CHECK_FALSE(check_mnemonic(words.substr(0, words.rfind(' '))));
    }
    CHECK_FALSE(check_mnemonic(""));
    CHECK_FALSE(check_mnemonic(repeated(26, "art")));
}

TEST_CASE("each checksum covers its length's entropy")
{
    CHECK(check_mnemonic(repeated(11, "about")));
    CHECK(check_mnemonic(repeated(17, "agent")));
    CHECK(check_mnemonic(repeated(23, "art")));
    CHECK_FALSE(check_mnemonic(repeated(11, "abandon")));
    CHECK_FALSE(check_mnemonic(repeated(17, "about")));
    CHECK_FALSE(check_mnemonic(repeated(23, "agent")));
    CHECK_FALSE(check_mnemonic(repeated(8, "abandon")));
}

TEST_CASE("seeds with a passphrase are those that BIP-39 publishes")
{
    CHECK(encode_hex(mnemonic_seed(repeated(17, "agent"), "TREZOR").value().expose()) ==
          "035895f2f481b1b0f01fcf8c289c794660b289981a78f8106447707fdd9666ca"
          "06da5a9a565181599b79f53b844d8a71dd9f439c52a3d7b3e8a79c906ac845fa");
    CHECK(encode_hex(mnemonic_seed(repeated(23, "art"), "TREZOR").value().expose()) ==
          "bda85446c68413707090a52022edd26a1c9462295029f2e60cd7c4f2bbd30971"
          "70af7a4d73245cafa9c3cca8d561a7c3de6f5d4a10be8ed2a5e608d68f92fcc8");
    CHECK_FALSE(mnemonic_seed(repeated(23, "abandon"), "TREZOR"));
}

TEST_CASE("a refusal tells no word")
{
    const std::string words = "zebra zebra zebrastripe";
    CHECK(check_mnemonic(words).error().message.find("zebra") == std::string::npos);
}
