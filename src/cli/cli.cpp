#include "cli/cli.h"

#include <CLI/CLI.hpp>

namespace berth::cli {

int report(const Error& error)
{
    fmt::print(stderr, "berth: {}\n", error.message);
    return error.code == Errc::unavailable || error.code == Errc::outcome_unknown ? kUnavailable : kFailed;
}

int report_configuration(const Error& error)
{
    (void)report(error);
    return error.code == Errc::refused ? kPermission : kConfiguration;
}

int run(int argc, char** argv)
{
    CLI::App app{"berth rents out this machine's containers by the second, for ecash, over Nostr.\n"
                 "\nTry it on one machine:  berth demo"
                 "\nBecome a provider:      berth init, then berth check, then berth run"
                 "\nLook after it:          berth status, berth lease list, berth wallet balance, berth drain"
                 "\nRent from one:          berth list, then berth spawn",
                 "berth"};
    app.set_version_flag("--version", "berth " BERTH_VERSION);
    app.require_subcommand(1);
    int exit_code = kDone;
    for (const auto add : {add_demo,   add_init,   add_check,    add_run,    add_list,    add_quote, add_spawn,
                           add_status, add_access, add_topup,    add_logs,   add_notices, add_stop,  add_unlock,
                           add_lease,  add_drain,  add_template, add_wallet, add_token,   add_local})
        add(app, exit_code);
    try {
        app.parse(argc, argv);
    } catch (const CLI::RequiredError& problem) {
        // "A subcommand is required" says little to who gave one that does not exist.
        const std::vector<std::string> unknown = app.remaining(true);
        if (unknown.empty())
            return app.exit(problem) == 0 ? kDone : kUsage;
        fmt::print(stderr, "berth: {}: no such verb\nRun with --help for more information.\n", unknown.front());
        return kUsage;
    } catch (const CLI::ParseError& problem) {
        return app.exit(problem) == 0 ? kDone : kUsage;
    }
    return exit_code;
}

} // namespace berth::cli
