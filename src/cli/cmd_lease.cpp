// The verbs about a lease one has: status, topup, access, logs and stop.

#include "cli/cli.h"
#include "cli/cmd_node.h"
#include "cli/consumer_options.h"
#include "cli/line_input.h"
#include "consumer/marketplace.h"

namespace berth::cli {

namespace {

struct LeaseArguments {
    ConsumerOptions consumer;
    std::string provider;
    std::string lease;
    std::string token;
    std::string transport = "nip17";
};

struct LeaseOptions {
    std::shared_ptr<LeaseArguments> arguments;
    CLI::Option* provider = nullptr;
    CLI::Option* lease = nullptr;
};

LeaseOptions offer_lease_options(CLI::App& verb)
{
    const auto arguments = std::make_shared<LeaseArguments>();
    add_consumer_options(verb, arguments->consumer);
    const LeaseOptions options{
        arguments, verb.add_option("--provider", arguments->provider, "Provider's npub, nostr: URI or hex key"),
        verb.add_option("--lease", arguments->lease, "The lease: container-<number> or the number")};
    add_transport(verb, arguments->transport);
    return options;
}

std::shared_ptr<LeaseArguments> add_lease_options(CLI::App& verb)
{
    const LeaseOptions options = offer_lease_options(verb);
    options.provider->required();
    options.lease->required();
    return options.arguments;
}

} // namespace

void add_status(CLI::App& app, int& exit_code)
{
    CLI::App* verb =
        app.add_subcommand("status", "How your own node is doing; with --provider, one of your leases there");
    verb->footer("Operators: berth status [--config FILE]. Consumers: berth status --provider NPUB --lease NUMBER.");
    const LeaseOptions options = offer_lease_options(*verb);
    options.provider->needs(options.lease);
    options.lease->needs(options.provider);
    const auto file = std::make_shared<std::string>("/etc/berth/berth.toml");
    verb->add_option("--config", *file, "Your node's configuration file")
        ->capture_default_str()
        ->excludes(options.provider);
    verb->callback([arguments = options.arguments, file, &exit_code] {
        if (arguments->provider.empty()) {
            exit_code = print_node_status({.file = *file, .json = arguments->consumer.json});
            return;
        }
        exit_code =
            ask_and_print(arguments->consumer, arguments->provider, consumer::encode_status_request(arguments->lease),
                          {.transport = arguments->transport});
    });
}

void add_topup(CLI::App& app, int& exit_code)
{
    CLI::App* verb = app.add_subcommand("topup", "Extend one of your leases with another Cashu token");
    const auto arguments = add_lease_options(*verb);
    add_token_option(*verb, "--token", arguments->token);
    verb->callback([arguments, &exit_code] {
        exit_code = ask_and_print(arguments->consumer, arguments->provider,
                                  consumer::encode_top_up(arguments->lease, arguments->token),
                                  {.transport = arguments->transport});
    });
}

void add_access(CLI::App& app, int& exit_code)
{
    CLI::App* verb = app.add_subcommand("access", "Ask again how to reach one of your leases");
    const auto arguments = add_lease_options(*verb);
    verb->callback([arguments, &exit_code] {
        exit_code = ask_and_print(arguments->consumer, arguments->provider,
                                  consumer::encode_named_request("access", arguments->lease),
                                  {.transport = arguments->transport});
    });
}

void add_logs(CLI::App& app, int& exit_code)
{
    CLI::App* verb = app.add_subcommand("logs", "Print what one of your leases wrote last");
    const auto arguments = add_lease_options(*verb);
    const auto tail = std::make_shared<uint32_t>(100);
    verb->add_option("--tail", *tail, "Lines, 1 to 1000; what is too long for a message is left out, the oldest first")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
    verb->callback([arguments, tail, &exit_code] {
        exit_code =
            ask_and_print(arguments->consumer, arguments->provider,
                          consumer::encode_logs_request(arguments->lease, *tail), {.transport = arguments->transport});
    });
}

void add_stop(CLI::App& app, int& exit_code)
{
    CLI::App* verb =
        app.add_subcommand("stop", "End one of your leases now, and get the unused seconds back as a token");
    verb->footer("Its container and data are deleted. Asking again brings the same token, never a second one.");
    const auto arguments = add_lease_options(*verb);
    verb->callback([arguments, &exit_code] {
        exit_code = ask_and_print(arguments->consumer, arguments->provider,
                                  consumer::encode_named_request("stop", arguments->lease),
                                  {.transport = arguments->transport});
    });
}

} // namespace berth::cli
