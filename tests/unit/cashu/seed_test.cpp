#include "cashu/seed.h"

#include "crypto/mnemonic.h"
#include "support/fake_mint.h"
#include "support/temporary_folder.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace berth::cashu {

namespace {

constexpr const char* kWords =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon "
    "about";

struct Folder {
    [[nodiscard]] std::string file() const { return (folder.path() / "wallet.seed").string(); }

    const berth::test::TemporaryFolder folder;
    berth::test::CountingRandom random;
};

} // namespace

TEST_CASE("a wallet made from words has their seed, and counts as old")
{
    Folder folder;
    REQUIRE(SeedFile::write_words(folder.file(), kWords));
    CHECK(std::filesystem::status(folder.file()).permissions() ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
    const auto seed = SeedFile::open(folder.file(), folder.random);
    REQUIRE(seed.has_value());
    CHECK_FALSE(seed->created());
    CHECK(std::ranges::equal(seed->seed().expose(), crypto::mnemonic_seed(kWords)->expose()));
    // While it is open, for a backup.
    CHECK(as_text(SeedFile::read_words(folder.file())->expose()) == kWords);
}

TEST_CASE("words never overwrite a seed file, and bad words make none")
{
    Folder folder;
    CHECK_FALSE(SeedFile::write_words(folder.file(), "abandon abandon"));
    CHECK_FALSE(std::filesystem::exists(folder.file()));
    CHECK(SeedFile::read_words(folder.file()).error().code == Errc::not_found);
    {
        REQUIRE(SeedFile::open(folder.file(), folder.random).has_value());
    }
    const auto before = SeedFile::read_words(folder.file()).value();
    CHECK(SeedFile::write_words(folder.file(), kWords).error().code == Errc::conflict);
    CHECK(std::ranges::equal(SeedFile::read_words(folder.file())->expose(), before.expose()));
    std::ofstream{folder.file()} << "no words at all\n";
    CHECK_FALSE(SeedFile::read_words(folder.file()));
}

} // namespace berth::cashu
