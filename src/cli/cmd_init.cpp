#include "cli/cli.h"
#include "crypto/random.h"
#include "daemon/config.h"
#include "nostr/keys.h"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <fstream>
#include <memory>

namespace berth::cli {

namespace {

struct InitArguments {
    std::string directory = "/etc/berth";
    std::string state_dir = "/var/lib/berth";
    std::string name;
    std::string public_address;
    std::vector<std::string> relays;
    std::vector<std::string> mints;
};

/// As a string of TOML, whatever is in it.
std::string quoted(const std::string& text)
{
    std::string all = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            all += '\\';
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            all += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
        else
            all += c;
    }
    return all + "\"";
}

std::string list_of(const std::vector<std::string>& values)
{
    std::string list;
    for (const std::string& value : values)
        list += (list.empty() ? "" : ", ") + quoted(value);
    return "[" + list + "]";
}

/// The package brings templates beside the configuration; elsewhere there may be none.
std::string templates_line(const std::filesystem::path& directory)
{
    const std::filesystem::path templates = directory / "templates";
    return std::filesystem::is_directory(templates) ? fmt::format("templates_dir = {}\n", quoted(templates.string()))
                                                    : "";
}

std::string config_text(const InitArguments& arguments, const std::filesystem::path& key_file)
{
    return fmt::format(R"(# Written by `berth init`. Every key is explained in berth.example.toml.
state_dir = {}
{}
[provider]
name = {}
key_file = {}
public_address = {}
relays = {}
mints = {}

[docker]
socket = "/var/run/docker.sock"

[ports]
range = "31000-31999"

[[specs]]
id = "basic"
name = "Basic"
description = "1 core, 1 GB"
cpu_millicores = 1000
memory_mb = 1024
disk_gb = 10
rate_msats_per_sec = 100
)",
                       quoted(std::filesystem::absolute(arguments.state_dir).string()),
                       templates_line(key_file.parent_path()), quoted(arguments.name), quoted(key_file.string()),
                       quoted(arguments.public_address), list_of(arguments.relays), list_of(arguments.mints));
}

int init(const InitArguments& arguments)
{
    // Absolute, for the daemon may be started from anywhere.
    const std::filesystem::path directory = std::filesystem::absolute(arguments.directory);
    const std::filesystem::path key_file = directory / "nsec";
    const std::filesystem::path config_file = directory / "berth.toml";
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) {
        fmt::print(stderr, "berth: {}: {}\n", arguments.directory, error.message());
        return kPermission;
    }
    crypto::SystemRandom random;
    if (!std::filesystem::exists(key_file)) {
        const auto saved = nostr::save_secret_key(key_file, nostr::SecretKey::random(random));
        if (!saved)
            return report(saved.error());
    }
    const auto key = nostr::load_secret_key(key_file);
    if (!key)
        return report(key.error());
    if (std::filesystem::exists(config_file)) {
        fmt::print(stderr, "berth: {} exists and is left as it is\n", config_file.string());
        return kFailed;
    }
    std::ofstream file{config_file};
    file << config_text(arguments, key_file);
    if (!file.flush()) {
        fmt::print(stderr, "berth: cannot write {}\n", config_file.string());
        return kPermission;
    }
    if (const auto config = daemon::load_config(config_file); !config) {
        file.close();
        std::filesystem::remove(config_file, error);
        fmt::print(stderr, "berth: no configuration is made of this:\n{}\n", config.error().message);
        return kUsage;
    }
    fmt::print("key       {} (keep it safe: it is your name on Nostr)\nprovider  {}\nconfig    {}\n\n"
               "Next: berth check --config {}\n",
               key_file.string(), nostr::PublicKey::of(*key).npub(), config_file.string(), config_file.string());
    return kDone;
}

} // namespace

void add_init(CLI::App& app, int& exit_code)
{
    CLI::App* verb = app.add_subcommand("init", "Make a provider key and a first configuration file");
    const auto arguments = std::make_shared<InitArguments>();
    verb->add_option("--dir", arguments->directory, "Where the key and berth.toml go")->capture_default_str();
    verb->add_option("--state-dir", arguments->state_dir, "The daemon's state directory")->capture_default_str();
    verb->add_option("--name", arguments->name, "Name that consumers see (ASCII)")->required();
    verb->add_option("--public-address", arguments->public_address, "Address where leases are reached")->required();
    verb->add_option("--relay", arguments->relays, "Relay URL (repeatable)")->required();
    verb->add_option("--mint", arguments->mints, "Mint URL to accept (repeatable)")->required();
    verb->callback([arguments, &exit_code] { exit_code = init(*arguments); });
}

} // namespace berth::cli
