#include "cli/cli.h"
#include "cli/demo.h"
#include "util/log.h"

#include <CLI/CLI.hpp>

#include <memory>

namespace berth::cli {

void add_demo(CLI::App& app, int& exit_code)
{
    CLI::App* verb =
        app.add_subcommand("demo", "See it all on this machine: relay, mint, provider, and a rented container");
    const auto options = std::make_shared<DemoOptions>();
    verb->add_option("--docker", options->docker_socket, "The Docker Engine's socket")->capture_default_str();
    verb->add_option("--busybox", options->busybox, "A static busybox, from which the image is made")
        ->capture_default_str();
    verb->add_flag("--keep", options->keep_files, "Keep the temporary directory");
    verb->callback([options, &exit_code] {
        log::set_level(log::Level::warn);
        const auto played = play_demo(*options);
        exit_code = played ? kDone : report(played.error());
    });
}

} // namespace berth::cli
