#include "cli/cli.h"
#include "cli/consumer_options.h"
#include "cli/volume_key_file.h"
#include "consumer/marketplace.h"

namespace berth::cli {

namespace {

struct UnlockArguments {
    ConsumerOptions consumer;
    std::string provider;
    std::string lease;
    std::string key_file;
    RequestPath path{.has_key = true};
};

int unlock(const UnlockArguments& arguments)
{
    const auto key = read_volume_key(arguments.key_file, false);
    if (!key)
        return report(key.error());
    return ask_and_print(arguments.consumer, arguments.provider, consumer::encode_unlock(arguments.lease, *key),
                         arguments.path);
}

} // namespace

void add_unlock(CLI::App& app, int& exit_code)
{
    CLI::App* verb = app.add_subcommand("unlock", "Send the key of a locked lease's encrypted volume");
    const auto arguments = std::make_shared<UnlockArguments>();
    add_consumer_options(*verb, arguments->consumer);
    verb->add_option("--provider", arguments->provider, "Provider's npub, nostr: URI or hex key")->required();
    verb->add_option("--lease", arguments->lease, "The lease: container-<number> or the number")->required();
    verb->add_option("--volume-key", arguments->key_file, "File with the key that spawn --encrypt made")->required();
    add_request_path(*verb, arguments->path);
    verb->callback([arguments, &exit_code] { exit_code = unlock(*arguments); });
}

} // namespace berth::cli
