#include "cli/cli.h"
#include "cli/operator_command.h"
#include "daemon/daemon.h"
#include "util/log.h"

#include <CLI/CLI.hpp>

#include <memory>

namespace berth::cli {

namespace {

int run_daemon(const std::string& file)
{
    auto config = daemon::load_config(file);
    if (!config)
        return report_configuration(config.error());
    log::set_level(config->debug_log ? log::Level::debug : log::Level::info);
    const auto ended = daemon::run(std::move(*config));
    return ended ? kDone : report_link(ended.error());
}

} // namespace

void add_run(CLI::App& app, int& exit_code)
{
    CLI::App* verb = app.add_subcommand("run", "Run the provider in the foreground; SIGTERM stops it, leases go on");
    const auto file = std::make_shared<std::string>("/etc/berth/berth.toml");
    verb->add_option("--config", *file, "Configuration file")->capture_default_str();
    verb->callback([file, &exit_code] { exit_code = run_daemon(*file); });
}

} // namespace berth::cli
