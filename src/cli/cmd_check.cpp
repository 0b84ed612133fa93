#include "cli/cli.h"
#include "compute/host_network.h"
#include "daemon/config.h"
#include "provider/volumes.h"
#include "util/json.h"
#include "util/log.h"

#include <CLI/CLI.hpp>

#include <algorithm>
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

/// What the network of leases is like, asked of the host and the Engine.
struct NetworkFindings {
    compute::Isolation isolation;
    std::string overlap; ///< of the pool with what the host has; empty: none
};

NetworkFindings examine_network(const daemon::Config& config)
{
    const auto pool = compute::Ipv4Range::parse(config.docker.subnet_pool);
    return {.isolation = compute::probe_isolation(config.docker, config.network),
            .overlap = pool ? compute::find_overlap(*pool) : pool.error().message};
}

bool has_runtime(const compute::EngineInfo& engine)
{
    return engine.runtime.empty() ||
           std::find(engine.runtimes.begin(), engine.runtimes.end(), engine.runtime) != engine.runtimes.end();
}

std::string describe(const NetworkFindings& network)
{
    using State = compute::Isolation::State;
    const std::string state = network.isolation.state == State::contained ? "contained"
                              : network.isolation.state == State::off     ? "not contained, as configured"
                                                                      : "nothing is sold: " + network.isolation.why_not;
    return network.overlap.empty() ? state : state + "\n               " + network.overlap;
}

void print_engine(const Result<compute::EngineInfo>& engine)
{
    if (!engine) {
        fmt::print("engine         {}\n", engine.error().message);
        return;
    }
    fmt::print("engine         {} (API {}), {} CPUs, {} MB, {}\n", engine->version, engine->api_version, engine->cpus,
               engine->memory_bytes >> 20, engine->storage_driver);
    fmt::print("runtime        {}{}\n", engine->runtime,
               has_runtime(*engine) ? "" : ": the Engine has none of that name, so nothing is sold");
}

void print_findings(const daemon::Config& config, const Result<compute::EngineInfo>& engine,
                    const provider::VolumeAbilities& volumes, const NetworkFindings& network, bool as_json)
{
    const provider::Options& options = config.provider;
    const std::string npub = nostr::PublicKey::of(options.key).npub();
    if (as_json) {
        OrderedJson body{{"npub", npub},
                         {"relays", options.relays},
                         {"mints", OrderedJson::array()},
                         {"specs", options.specs.size()},
                         {"templates", options.templates.size()},
                         {"engine", engine ? engine->version : ""}};
        for (const cashu::MintOptions& mint : options.wallet.mints)
            body["mints"].push_back(mint.url);
        body["encrypted_volumes"] = volumes.encrypted;
        body["sized_volumes"] = volumes.sized;
        if (!volumes.encrypted)
            body["encrypted_volumes_problem"] = volumes.encrypted_why_not;
        if (!volumes.sized)
            body["sized_volumes_problem"] = volumes.sized_why_not;
        body["isolated_network"] = network.isolation.state == compute::Isolation::State::contained;
        if (!network.isolation.why_not.empty())
            body["isolation_problem"] = network.isolation.why_not;
        if (!network.overlap.empty())
            body["pool_problem"] = network.overlap;
        if (engine && !has_runtime(*engine))
            body["runtime_problem"] = "the Engine has no runtime " + engine->runtime;
        if (!engine)
            body["engine_problem"] = engine.error().message;
        fmt::print("{}\n", dump_json(body));
        return;
    }
    fmt::print("configuration  good\nprovider       {} ({})\nrelays         {}\nmints          {}\n", options.name,
               npub, options.relays.size(), options.wallet.mints.size());
    fmt::print("specs          {}\ntemplates      {}\n", options.specs.size(), options.templates.size());
    print_engine(engine);
    fmt::print("network        {}\n", describe(network));
    fmt::print("volumes        encrypted: {}\n               held to their size: {}\n",
               volumes.encrypted ? "yes" : "no, " + volumes.encrypted_why_not,
               volumes.sized ? "yes" : "no, " + volumes.sized_why_not);
}

int check(const CheckArguments& arguments)
{
    const auto config = daemon::load_config(arguments.file);
    if (!config)
        return report_configuration(config.error());
    log::set_level(log::Level::warn); // what is found out is printed below
    const auto engine = compute::make_docker_backend(config->docker)->info();
    const NetworkFindings network = examine_network(*config);
    print_findings(*config, engine, probe_volumes(config->provider.volumes), network, arguments.json);
    const bool sells = engine && has_runtime(*engine) && network.isolation.state != compute::Isolation::State::failed;
    return sells ? kDone : kUnavailable;
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
