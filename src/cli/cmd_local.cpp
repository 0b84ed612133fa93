// Parts for trying things on one machine: a relay, a practice mint, and practice tokens.

#include "cli/cli.h"
#include "cli/line_input.h"
#include "local/mint_server.h"
#include "local/practice_client.h"
#include "local/relay_server.h"
#include "net/http_client.h"

#include <csignal>
#include <memory>

namespace berth::cli {

namespace {

/// Signals must be blocked before the servers' threads start, or one of those would take them.
sigset_t block_stop_signals()
{
    sigset_t signals{};
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    return signals;
}

template <class Server, class Options>
int serve(const Options& options)
{
    const sigset_t signals = block_stop_signals();
    const auto net = net::NetThread::create({});
    if (!net)
        return report(net.error());
    const auto server = Server::create(options, **net);
    if (!server)
        return report(server.error());
    fmt::print("{}\n", (*server)->url());
    std::fflush(stdout);
    int signal = 0;
    sigwait(&signals, &signal);
    return kDone;
}

void add_relay(CLI::App& local, int& exit_code)
{
    CLI::App* verb = local.add_subcommand("relay", "Run the embedded relay until SIGTERM; prints its URL");
    const auto options = std::make_shared<local::RelayServerOptions>();
    verb->add_option("--address", options->address, "Address to listen on")->capture_default_str();
    verb->add_option("--port", options->port, "Port (0: any)")->capture_default_str();
    verb->add_option("--db", options->database, "Database file")->capture_default_str();
    verb->callback([options, &exit_code] { exit_code = serve<local::RelayServer>(*options); });
}

void add_mint(CLI::App& local, int& exit_code)
{
    CLI::App* verb = local.add_subcommand("mint", "Run the practice mint until SIGTERM; prints its URL");
    struct Arguments {
        local::MintServerOptions options;
        int64_t swap_delay_ms = 0;
    };
    const auto arguments = std::make_shared<Arguments>();
    verb->add_option("--address", arguments->options.address, "Address to listen on")->capture_default_str();
    verb->add_option("--port", arguments->options.port, "Port (0: any)")->capture_default_str();
    verb->add_option("--db", arguments->options.database, "Database file")->capture_default_str();
    verb->add_option("--fee-ppk", arguments->options.mint.input_fee_ppk, "Input fee, parts per thousand")
        ->capture_default_str();
    verb->add_flag("--rotate", arguments->options.rotate_at_start,
                   "Begin with a new keyset; the old one signs no more");
    verb->add_option("--swap-delay-ms", arguments->swap_delay_ms, "Answer swaps this much later")
        ->capture_default_str();
    verb->callback([arguments, &exit_code] {
        arguments->options.swap_delay = std::chrono::milliseconds{arguments->swap_delay_ms};
        exit_code = serve<local::MintServer>(arguments->options);
    });
}

void add_practice_token(CLI::App& local, int& exit_code)
{
    CLI::App* verb = local.add_subcommand("token", "Mint a token at a mint that pays its own quotes");
    struct Arguments {
        std::string mint;
        uint64_t amount = 0;
        std::string unit = "sat";
    };
    const auto arguments = std::make_shared<Arguments>();
    verb->add_option("--mint", arguments->mint, "Mint URL")->required();
    verb->add_option("--amount", arguments->amount, "Amount")
        ->required()
        ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 60));
    verb->add_option("--unit", arguments->unit, "sat or msat")
        ->capture_default_str()
        ->check(CLI::IsMember({"sat", "msat"}));
    verb->callback([arguments, &exit_code] {
        net::HttpClient client;
        const auto unit = arguments->unit == "msat" ? cashu::Unit::msat : cashu::Unit::sat;
        const auto token = local::mint_token(client, arguments->mint, arguments->amount, unit);
        if (token)
            fmt::print("{}\n", *token);
        exit_code = token ? kDone : report(token.error());
    });
}

void add_redeem(CLI::App& local, int& exit_code)
{
    CLI::App* verb = local.add_subcommand("redeem", "Swap a token at its mint, which proves that it could be spent");
    struct Arguments {
        std::string mint;
        std::string token;
    };
    const auto arguments = std::make_shared<Arguments>();
    verb->add_option("--mint", arguments->mint, "Mint URL")->required();
    add_token_option(*verb, "--token", arguments->token);
    verb->callback([arguments, &exit_code] {
        net::HttpClient client;
        const auto amount = local::redeem_token(client, arguments->mint, arguments->token);
        if (amount)
            fmt::print("{}\n", *amount);
        exit_code = amount ? kDone : report(amount.error());
    });
}

} // namespace

void add_local(CLI::App& app, int& exit_code)
{
    CLI::App* verb = app.add_subcommand("local", "Relay, practice mint and practice tokens on this machine");
    verb->require_subcommand(1);
    add_relay(*verb, exit_code);
    add_mint(*verb, exit_code);
    add_practice_token(*verb, exit_code);
    add_redeem(*verb, exit_code);
}

} // namespace berth::cli
