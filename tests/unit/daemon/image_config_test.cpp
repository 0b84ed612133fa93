#include "daemon/image_config.h"

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace berth::daemon {
namespace {

Config empty_config()
{
    Bytes32 one{};
    one[31] = 1;
    return Config{
        .state_dir = {}, .provider = provider::Options{.key = nostr::SecretKey::create(one).value()}, .docker = {}};
}

/// What is wrong with these keys of [images].
std::string problems_of_images(const std::string& text, Config& config)
{
    const toml::table table = toml::parse(text);
    Problems problems;
    read_images(table, config, problems);
    return problems.text();
}

TEST_CASE("sizes are read in MB and GB, and no image may be larger than the budget")
{
    Config config = empty_config();
    CHECK(problems_of_images("size_mb_max = 100\ndisk_gb_max = 0.5", config).empty());
    CHECK(config.provider.images.bytes_max == 100u << 20);
    CHECK(config.docker.image_bytes_max == 100u << 20);
    CHECK(config.provider.images.disk_bytes_max == 512u << 20);
    CHECK(problems_of_images("disk_gb_max = 1", config).empty());
    CHECK(config.docker.image_bytes_max == 1u << 30);
    CHECK(problems_of_images("", config).empty());
    CHECK_FALSE(problems_of_images("size_mb_max = 0", config).empty());
    CHECK(problems_of_images("deny = [\"a//b\"]", config).find("a//b") != std::string::npos);
}

TEST_CASE("a registry's password comes from a file that is its owner's alone, and counts for that registry")
{
    const std::filesystem::path file =
        std::filesystem::temp_directory_path() / fmt::format("berth-registry-{}", ::getpid());
    std::ofstream{file} << "open sesame\nmore\n";
    ::chmod(file.c_str(), 0600);
    const toml::table table =
        toml::parse("host = \"Registry.example:443\"\nusername = \"me\"\npassword_file = \"" + file.string() + "\"");
    Config config = empty_config();
    Problems good;
    read_registry(table, config, good);
    CHECK_MESSAGE(good.empty(), good.text());
    REQUIRE(config.docker.registries.size() == 1);
    CHECK(config.docker.registries.front().registry == "registry.example");
    CHECK(as_text(config.docker.registries.front().password.expose()) == "open sesame");
    CHECK(config.provider.images.private_registries.contains("registry.example"));
    const auto& logins = config.docker.registries;
    CHECK(compute::find_login(logins, compute::split_image_reference("registry.example/x").value()));
    CHECK_FALSE(compute::find_login(logins, compute::split_image_reference("registry.example:5000/x").value()));
    CHECK_FALSE(compute::find_login(logins, compute::split_image_reference("registry.example.org/x").value()));
    CHECK(compute::encode_registry_auth(logins.front()).size() % 4 == 0);

    Problems twice;
    read_registry(table, config, twice);
    CHECK_FALSE(twice.empty());
    ::chmod(file.c_str(), 0640);
    Problems open;
    read_registry(table, config, open);
    CHECK(open.text().find("0600") != std::string::npos);
    std::filesystem::remove(file);
}

} // namespace
} // namespace berth::daemon
