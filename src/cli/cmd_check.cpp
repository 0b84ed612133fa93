#include "cli/cli.h"
#include "daemon/config.h"
#include "util/json.h"

#include <CLI/CLI.hpp>

#include <memory>

namespace berth::cli {

namespace {

struct CheckArguments {
    std::string file = "/etc/berth/berth.toml";
    bool json = false;
};

void print_findings(const daemon::Config& config, const Result<compute::EngineInfo>& engine, bool as_json)
{
    const provider::Options& options = config.provider;
    const std::string npub = nostr::PublicKey::of(options.key).npub();
    if (as_json) {
        OrderedJson body{{"npub", npub},
                         {"relays", options.relays},
                         {"specs", options.specs.size()},
                         {"templates", options.templates.size()},
                         {"engine", engine ? engine->version : ""}};
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
}

int check(const CheckArguments& arguments)
{
    const auto config = daemon::load_config(arguments.file);
    if (!config) {
        fmt::print(stderr, "berth: {}\n", config.error().message);
        return kConfiguration;
    }
    const auto engine = compute::make_docker_backend(config->docker)->info();
    print_findings(*config, engine, arguments.json);
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
