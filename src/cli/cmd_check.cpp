#include "cli/cli.h"
#include "daemon/config.h"
#include "provider/volumes.h"
#include "util/json.h"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>

#include <unistd.h>

namespace berth::cli {

namespace {

struct CheckArguments {
    std::string file = "/etc/berth/berth.toml";
    bool json = false;
};

/// Tried in a directory of its own, so that nothing is left in the daemon's.
provider::VolumeAbilities probe_volumes(const provider::VolumeOptions& options)
{
    const auto directory = std::filesystem::temp_directory_path() / fmt::format("berth-check-{}", ::getpid());
    const auto found = provider::TenantVolumes{options, directory.string()}.abilities();
    std::error_code ignored;
    std::filesystem::remove(directory, ignored);
    return found;
}

void print_findings(const daemon::Config& config, const Result<compute::EngineInfo>& engine,
                    const provider::VolumeAbilities& volumes, bool as_json)
{
    const provider::Options& options = config.provider;
    const std::string npub = nostr::PublicKey::of(options.key).npub();
    if (as_json) {
        OrderedJson body{{"npub", npub},
                         {"relays", options.relays},
                         {"specs", options.specs.size()},
                         {"templates", options.templates.size()},
                         {"engine", engine ? engine->version : ""}};
        body["encrypted_volumes"] = volumes.encrypted;
        body["sized_volumes"] = volumes.sized;
        if (!engine)
            body["engine_problem"] = engine.error().message;
        fmt::print("{}\n", dump_json(body));
        return;
    }
    fmt::print("configuration  good\nprovider       {} ({})\nrelays         {}\nmints          {}\n", options.name,
               npub, options.relays.size(), options.wallet.mints.size());
    fmt::print("specs          {}\ntemplates      {}\n", options.specs.size(), options.templates.size());
    if (engine)
        fmt::print("engine         {} (API {}), {} CPUs, {} MB, {}\n", engine->version, engine->api_version,
                   engine->cpus, engine->memory_bytes >> 20, engine->storage_driver);
    else
        fmt::print("engine         {}\n", engine.error().message);
    fmt::print("volumes        encrypted: {}\n               held to their size: {}\n",
               volumes.encrypted ? "yes" : "no, " + volumes.encrypted_why_not,
               volumes.sized ? "yes" : "no, " + volumes.sized_why_not);
}

int check(const CheckArguments& arguments)
{
    const auto config = daemon::load_config(arguments.file);
    if (!config) {
        fmt::print(stderr, "berth: {}\n", config.error().message);
        return kConfiguration;
    }
    const auto engine = compute::make_docker_backend(config->docker)->info();
    print_findings(*config, engine, probe_volumes(config->provider.volumes), arguments.json);
    return engine ? kDone : kUnavailable;
}

} // namespace

void add_check(CLI::App& app, int& exit_code)
{
    CLI::App* verb =
        app.add_subcommand("check", "Read the configuration and ask the container engine, without starting");
    const auto arguments = std::make_shared<CheckArguments>();
    verb->add_option("--config", arguments->file, "Configuration file")->capture_default_str();
    verb->add_flag("--json", arguments->json, "Print JSON");
    verb->callback([arguments, &exit_code] { exit_code = check(*arguments); });
}

} // namespace berth::cli
