#include "cli/cli.h"
#include "cli/consumer_options.h"
#include "cli/volume_key_file.h"
#include "consumer/marketplace.h"

namespace berth::cli {

namespace {

struct SpawnArguments {
    ConsumerOptions consumer;
    std::string provider;
    RequestPath path;
    std::string volume_key_file;
    consumer::SpawnWish wish;
};

int spawn(SpawnArguments& arguments)
{
    if (!arguments.volume_key_file.empty()) {
        const auto key = read_volume_key(arguments.volume_key_file, true);
        if (!key)
            return report(key.error());
        arguments.wish.volume_key = *key;
        arguments.path.has_key = true;
    }
    return ask_and_print(arguments.consumer, arguments.provider, consumer::encode_spawn(arguments.wish),
                         arguments.path);
}

struct QuoteArguments {
    ConsumerOptions consumer;
    std::string provider;
    std::string transport = "nip17";
    consumer::QuoteWish wish;
    std::optional<uint64_t> amount_sat;
};

constexpr const char* kDefaultImage = "ubuntu:22.04";

} // namespace

void add_quote(CLI::App& app, int& exit_code)
{
    CLI::App* verb =
        app.add_subcommand("quote", "Ask what a spawn would cost and whether it would be accepted; no money");
    const auto arguments = std::make_shared<QuoteArguments>();
    add_consumer_options(*verb, arguments->consumer);
    verb->add_option("--provider", arguments->provider, "Provider's npub, nostr: URI or hex key")->required();
    verb->add_option("--spec", arguments->wish.spec_id, "Id of the size to rent (default: the provider's first)");
    arguments->wish.image = kDefaultImage;
    verb->add_option("--image", arguments->wish.image, "Image to run")->capture_default_str();
    verb->add_option("--template", arguments->wish.template_slug, "Template to run instead of an image");
    verb->add_option("--amount", arguments->amount_sat,
                     "Sats to spend, after the mint's fee: how long would they last?")
        ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 50));
    add_transport(*verb, arguments->transport);
    verb->callback([arguments, &exit_code] {
        if (arguments->amount_sat)
            arguments->wish.amount_msat = *arguments->amount_sat * 1000;
        exit_code = ask_and_print(arguments->consumer, arguments->provider,
                                  consumer::encode_quote_request(arguments->wish), {.transport = arguments->transport});
    });
}

void add_spawn(CLI::App& app, int& exit_code)
{
    CLI::App* verb = app.add_subcommand("spawn", "Rent a container: pay with a Cashu token, get address and password");
    const auto arguments = std::make_shared<SpawnArguments>();
    add_consumer_options(*verb, arguments->consumer);
    verb->add_option("--provider", arguments->provider, "Provider's npub, nostr: URI or hex key")->required();
    verb->add_option("--token", arguments->wish.token, "Cashu token (cashuA… or cashuB…)")->required();
    verb->add_option("--spec", arguments->wish.spec_id, "Id of the size to rent (default: the provider's first)");
    arguments->wish.image = kDefaultImage;
    verb->add_option("--image", arguments->wish.image, "Image to run")->capture_default_str();
    verb->add_option("--template", arguments->wish.template_slug, "Template to run instead of an image");
    verb->add_option("--user", arguments->wish.username, "User name")->capture_default_str();
    verb->add_option("--password", arguments->wish.password,
                     "Password, 12 to 64 letters and digits (default: the provider makes one)");
    verb->add_option(
        "--encrypt", arguments->volume_key_file,
        "Encrypt the data volume with the key in this file, made (0600) if missing; berth unlock needs it");
    add_request_path(*verb, arguments->path);
    verb->callback([arguments, &exit_code] { exit_code = spawn(*arguments); });
}

} // namespace berth::cli
