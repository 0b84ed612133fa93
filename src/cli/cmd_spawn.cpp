#include "cli/cli.h"
#include "cli/consumer_options.h"
#include "cli/line_input.h"
#include "cli/volume_key_file.h"
#include "consumer/marketplace.h"
#include "provider/admission.h"

#include <cstdlib>

namespace berth::cli {

namespace {

/// Of --env and the words behind `--`.
struct SettingArguments {
    std::vector<std::string> variables;
    std::vector<std::string> command;
};

void add_settings(CLI::App& verb, SettingArguments& arguments)
{
    verb.add_option("--env", arguments.variables,
                    "KEY=VALUE for the container, or KEY with its value from here; once for each")
        ->allow_extra_args(false);
    verb.add_option("command", arguments.command,
                    "After --: what the container runs, behind its image's entry point (default: the image's)");
    verb.footer("A provider allows environment and command of plain images or not, and of each template what its "
                "operator chose; what it doesn't allow is refused before money moves.");
}

Result<consumer::ContainerSettings> read_settings(const SettingArguments& arguments)
{
    consumer::ContainerSettings settings{.environment = {}, .command = arguments.command};
    for (const std::string& variable : arguments.variables) {
        const size_t sign = variable.find('=');
        const std::string name = variable.substr(0, sign);
        const char* value = sign == std::string::npos ? std::getenv(name.c_str()) : variable.c_str() + sign + 1;
        if (!value)
            return fail(Errc::bad_input, "--env {}: there is no such variable here to take its value from", name);
        if (!settings.environment.emplace(name, value).second)
            return fail(Errc::bad_input, "--env {} is there twice", name);
    }
    return settings;
}

struct SpawnArguments {
    ConsumerOptions consumer;
    std::string provider;
    RequestPath path;
    SettingArguments settings;
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
    auto settings = read_settings(arguments.settings);
    if (!settings)
        return report(settings.error());
    arguments.wish.settings = std::move(*settings);
    return ask_and_print(arguments.consumer, arguments.provider, consumer::encode_spawn(arguments.wish),
                         arguments.path);
}

struct QuoteArguments {
    ConsumerOptions consumer;
    std::string provider;
    std::string transport = "nip17";
    consumer::QuoteWish wish;
    std::optional<uint64_t> amount_sat;
    SettingArguments settings;
};

int quote(QuoteArguments& arguments)
{
    if (arguments.amount_sat)
        arguments.wish.amount_msat = *arguments.amount_sat * 1000;
    auto settings = read_settings(arguments.settings);
    if (!settings)
        return report(settings.error());
    arguments.wish.settings = std::move(*settings);
    return ask_and_print(arguments.consumer, arguments.provider, consumer::encode_quote_request(arguments.wish),
                         {.transport = arguments.transport});
}

/// A provider answers a password that it can't use with one of its own, which nobody asked for.
std::string check_password(const std::string& password)
{
    return provider::is_usable_password(password) ? "" : "a password has 12 to 64 letters and digits";
}

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
    add_settings(*verb, arguments->settings);
    verb->callback([arguments, &exit_code] { exit_code = quote(*arguments); });
}

void add_spawn(CLI::App& app, int& exit_code)
{
    CLI::App* verb = app.add_subcommand("spawn", "Rent a container: pay with a Cashu token, get address and password");
    const auto arguments = std::make_shared<SpawnArguments>();
    add_consumer_options(*verb, arguments->consumer);
    verb->add_option("--provider", arguments->provider, "Provider's npub, nostr: URI or hex key")->required();
    add_token_option(*verb, "--token", arguments->wish.token);
    verb->add_option("--spec", arguments->wish.spec_id, "Id of the size to rent (default: the provider's first)");
    arguments->wish.image = kDefaultImage;
    verb->add_option("--image", arguments->wish.image, "Image to run")->capture_default_str();
    verb->add_option("--template", arguments->wish.template_slug, "Template to run instead of an image");
    verb->add_option("--user", arguments->wish.username, "User name")->capture_default_str();
    verb->add_option("--password", arguments->wish.password,
                     "Password, 12 to 64 letters and digits (default: the provider makes one)")
        ->check(check_password);
    verb->add_option(
        "--encrypt", arguments->volume_key_file,
        "Encrypt the data volume with the key in this file, made (0600) if missing; berth unlock needs it");
    add_request_path(*verb, arguments->path);
    add_settings(*verb, arguments->settings);
    verb->callback([arguments, &exit_code] { exit_code = spawn(*arguments); });
}

} // namespace berth::cli
