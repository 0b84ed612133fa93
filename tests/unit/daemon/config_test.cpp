#include "daemon/config.h"
#include "support/temporary_folder.h"
#include "unit/source_dir.h"

#include <doctest/doctest.h>

#include <fstream>

namespace berth::daemon {
namespace {

/// A directory with a key, and a configuration made from the example of the project.
class Files {
public:
    Files()
    {
        crypto::SystemRandom random;
        REQUIRE(nostr::save_secret_key(folder() / "nsec", nostr::SecretKey::random(random)).has_value());
    }

    [[nodiscard]] Result<Config> load(const std::string& more = "", const std::string& key = "nsec") const
    {
        std::ofstream{folder() / "berth.toml"}
            << "state_dir = \"" << (folder() / "state").string() << "\"\n"
            << more << "[provider]\nname = \"n\"\npublic_address = \"203.0.113.7\"\n"
            << "key_file = \"" << (folder() / key).string() << "\"\n"
            << "relays = [\"WSS://Relay.example/\"]\nmints = [\"https://mint.example/\"]\n"
            << "[ports]\nrange = \"31000-31999\"\n"
            << "[[specs]]\nid = \"basic\"\nrate_msats_per_sec = 100\n";
        return load_config(folder() / "berth.toml");
    }
    [[nodiscard]] const std::filesystem::path& folder() const { return temporary_.path(); }

private:
    const test::TemporaryFolder temporary_;
};

TEST_CASE("a small configuration loads, with its URLs in one spelling")
{
    const Files files;
    const auto config = files.load();
    REQUIRE_MESSAGE(config.has_value(), (config ? "" : config.error().message));
    CHECK(config->provider.relays == std::vector<std::string>{"wss://relay.example"});
    CHECK(config->provider.wallet.mints.front().url == "https://mint.example");
    CHECK(config->provider.specs.front().cpu_millicores == 1000);
    CHECK(config->provider.accept_unlocked_tokens);
}

TEST_CASE("an unknown key is an error that names it")
{
    const Files files;
    const auto config = files.load("stat_dir = \"x\"\n");
    REQUIRE(!config.has_value());
    CHECK(config.error().message.find("stat_dir") != std::string::npos);
}

TEST_CASE("overcommit factors are kept to the thousandth, and none leaves its bounds")
{
    const Files files;
    const auto plain = files.load();
    REQUIRE_MESSAGE(plain.has_value(), (plain ? "" : plain.error().message));
    CHECK(plain->provider.capacity.storage_overcommit == 1000);
    CHECK(plain->provider.capacity.reservation_max.count() == 600);
    const auto config = files.load("[capacity]\ncpu_overcommit = 2.675\nmemory_overcommit = 1.1\n"
                                   "storage_overcommit = 1000\nreservation_seconds_max = 10\n");
    REQUIRE_MESSAGE(config.has_value(), (config ? "" : config.error().message));
    CHECK(config->provider.capacity.cpu_overcommit == 2675);
    CHECK(config->provider.capacity.memory_overcommit == 1100);
    CHECK(config->provider.capacity.storage_overcommit == 1'000'000);
    CHECK(config->provider.capacity.reservation_max.count() == 10);
    CHECK(!files.load("[capacity]\nstorage_overcommit = 0.05\n"));
    CHECK(!files.load("[capacity]\nmemory_overcommit = 1001.0\n"));
    CHECK(!files.load("[capacity]\ncpu_overcommit = nan\n"));
    CHECK(!files.load("[capacity]\nreservation_seconds_max = 0\n"));
}

TEST_CASE("the wallet's limits are sats, and a sweep by itself needs an address that can be one")
{
    const Files files;
    const auto config = files.load("[wallet]\nexposure_sats_max = 5000\nsweep_address = \"me@pay.example\"\n"
                                   "sweep_above_sats = 300\nsweep_keep_sats = 20\n");
    REQUIRE_MESSAGE(config.has_value(), (config ? "" : config.error().message));
    const cashu::WalletOptions& wallet = config->provider.wallet;
    CHECK(wallet.exposure_max == std::optional{cashu::Msat{5'000'000}});
    CHECK(wallet.sweep.address == "me@pay.example");
    CHECK(wallet.sweep.above == std::optional{cashu::Msat{300'000}});
    CHECK(wallet.sweep.keep == cashu::Msat{20'000});
    CHECK(!files.load()->provider.wallet.exposure_max);
    for (const char* bad : {"sweep_above_sats = 300", "sweep_address = \"https://pay.example\"",
                            "exposure_sats_max = 0", "exposure_sats_max = 2100000000000001"})
        CHECK(!files.load(std::string{"[wallet]\n"} + bad + "\n").has_value());
}

TEST_CASE("leases are isolated unless the operator says otherwise, and no rule of his opens one lease to another")
{
    const Files files;
    CHECK(files.load()->network.isolate);
    const auto config = files.load("[network]\nisolate = false\nallow = [\"10.0.0.53\", \"192.168.7.0/24\"]\n"
                                   "resolvers = [\"10.0.0.53\"]\n");
    REQUIRE_MESSAGE(config.has_value(), (config ? "" : config.error().message));
    CHECK(!config->network.isolate);
    REQUIRE(config->network.allow.size() == 2);
    CHECK(config->network.allow[0].text() == "10.0.0.53/32");
    CHECK(config->docker.resolvers == std::vector<std::string>{"10.0.0.53"});
    for (const char* bad : {"allow = [\"10.213.7.0/24\"]", "allow = [\"0.0.0.0/0\"]", "allow = [\"10.0.0.1/8\"]",
                            "resolvers = [\"dns.example\"]", "isolat = true"}) {
        CAPTURE(bad);
        CHECK(!files.load(std::string{"[network]\n"} + bad + "\n").has_value());
    }
    CHECK(!files.load("[docker]\nsubnet_pool = \"10.1.0.0/30\"\n").has_value());
}

TEST_CASE("what would be taken for something else is an error")
{
    const Files files;
    CHECK(files.load("log_level = \"debug\"\n")->debug_log);
    CHECK(!files.load("log_level = \"loud\"\n").has_value());
    const auto with = [&](const std::string& old, const std::string& now) {
        REQUIRE(files.load().has_value());
        std::ifstream before{files.folder() / "berth.toml"};
        std::string text{std::istreambuf_iterator<char>{before}, {}};
        REQUIRE(text.find(old) != std::string::npos);
        text.replace(text.find(old), old.size(), now);
        std::ofstream{files.folder() / "changed.toml"} << text;
        return load_config(files.folder() / "changed.toml");
    };
    CHECK(with("[ports]\n", "[ports]\naddress = \"::1\"\n").has_value());
    // The Engine would bind every address of the host.
    CHECK(!with("[ports]\n", "[ports]\naddress = \"localhost\"\n").has_value());
    CHECK(!with("[ports]\n", "lease_seconds_min = 7200\nlease_seconds_max = 3600\n[ports]\n").has_value());
    const auto free_of_charge = with("rate_msats_per_sec = 100", "rate_msats_per_sec = 0");
    REQUIRE(!free_of_charge.has_value());
    CHECK(free_of_charge.error().message.find("required") == std::string::npos);
    CHECK(!with("\"203.0.113.7\"", "\"https://node.example\"").has_value());
    const std::filesystem::path odd = files.folder() / "odd.toml";
    std::ofstream{odd} << "slug = \"web\"\nimage = \"nginx\"\ndata_path = \"data\"\n";
    CHECK(!load_template(odd).has_value());
    std::ofstream{odd} << "slug = \"web\"\nimage = \"nginx\"\n[environment]\n\"1 x\" = \"y\"\n";
    CHECK(!load_template(odd).has_value());
    std::filesystem::create_directories(files.folder() / "templates");
    for (const char* name : {"a.toml", "b.toml"})
        std::ofstream{files.folder() / "templates" / name} << "slug = \"web\"\nimage = \"nginx\"\n";
    const auto twice = files.load("templates_dir = \"" + (files.folder() / "templates").string() + "\"\n");
    REQUIRE(!twice.has_value());
    CHECK(twice.error().message.find("used twice") != std::string::npos);
}

TEST_CASE("a key that others may read is refused, and so is a missing one")
{
    const Files files;
    CHECK(!files.load("", "no-such-key").has_value());
    std::filesystem::permissions(files.folder() / "nsec", std::filesystem::perms::group_read,
                                 std::filesystem::perm_options::add);
    CHECK(!files.load().has_value());
}

TEST_CASE("every key of the example is known")
{
    const Files files;
    std::ifstream example{berth::checkout::source_dir() + "/config/berth.example.toml"};
    std::string text{std::istreambuf_iterator<char>{example}, {}};
    const auto replace = [&](const std::string& from, const std::string& to) {
        REQUIRE(text.find(from) != std::string::npos);
        text.replace(text.find(from), from.size(), to);
    };
    replace("/etc/berth/nsec", (files.folder() / "nsec").string());
    replace("/etc/berth/templates", berth::checkout::source_dir() + "/config/templates");
    std::ofstream{files.folder() / "example.toml"} << text;
    const auto config = load_config(files.folder() / "example.toml");
    REQUIRE_MESSAGE(config.has_value(), (config ? "" : config.error().message));
    CHECK(config->provider.templates.size() >= 6);
}

} // namespace
} // namespace berth::daemon
