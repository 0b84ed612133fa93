#include "cli/cli.h"
#include "cli/consumer_options.h"
#include "consumer/marketplace.h"
#include "util/json.h"
#include "util/utf8.h"

namespace berth::cli {

namespace {

/// Relays that are up answer at once: this is for one that does not.
constexpr int64_t kWaitSeconds = 5;

OrderedJson json_of(const consumer::ProviderView& provider)
{
    OrderedJson specs = OrderedJson::array();
    for (const consumer::OfferedSpec& spec : provider.specs) {
        specs.push_back({{"id", spec.id},
                         {"name", spec.name},
                         {"cpu_millicores", spec.cpu_millicores},
                         {"memory_mb", spec.memory_mb},
                         {"rate_msats_per_sec", spec.rate_msats_per_sec}});
        if (spec.free_slots)
            specs.back()["free_slots"] = *spec.free_slots;
    }
    OrderedJson templates = OrderedJson::array();
    for (const consumer::OfferedTemplate& offered : provider.templates)
        templates.push_back({{"slug", offered.slug},
                             {"cpu_millicores_min", offered.cpu_millicores_min},
                             {"memory_mb_min", offered.memory_mb_min},
                             {"disk_gb_min", offered.disk_gb_min}});
    OrderedJson json{{"npub", provider.key.npub()},
                     {"pubkey", provider.key.hex()},
                     {"name", provider.name},
                     {"location", provider.location},
                     {"online", provider.online},
                     {"specs", specs},
                     {"templates", templates},
                     {"mints", provider.mints},
                     {"capabilities", provider.capabilities},
                     {"p2pk_key", provider.lock_key},
                     {"payment_request", provider.payment_request},
                     {"cpu_available", provider.cpu_available},
                     {"memory_mb_available", provider.memory_available}};
    if (provider.last_seen)
        json["last_seen"] = *provider.last_seen;
    return json;
}

void print_table(const std::vector<consumer::ProviderView>& providers)
{
    for (const consumer::ProviderView& provider : providers) {
        fmt::print("{}  {}  {}  {}\n", provider.online ? "online " : "offline", provider.key.npub(),
                   printable(provider.name, 32), printable(provider.location, 24));
        for (const consumer::OfferedSpec& spec : provider.specs) {
            const auto free = spec.free_slots ? fmt::format("  {} free", *spec.free_slots) : std::string{};
            fmt::print("         {:<12} {:>6} mCPU {:>7} MB  {} msat/s{}\n", printable(spec.id, 12),
                       spec.cpu_millicores, spec.memory_mb, spec.rate_msats_per_sec, free);
        }
        for (const consumer::OfferedTemplate& offered : provider.templates)
            fmt::print("         template {:<20} from {} mCPU, {} MB, {} GB disk\n", printable(offered.slug, 20),
                       offered.cpu_millicores_min, offered.memory_mb_min, offered.disk_gb_min);
    }
    if (providers.empty())
        fmt::print("no provider found on these relays\n");
}

int list(const ConsumerOptions& options)
{
    const auto session = open_session(options);
    if (!session)
        return report_session(session.error());
    const auto providers = consumer::list_providers(**session, std::chrono::seconds{options.wait_seconds});
    if (!options.json) {
        print_table(providers);
        return kDone;
    }
    OrderedJson all = OrderedJson::array();
    for (const consumer::ProviderView& provider : providers)
        all.push_back(json_of(provider));
    fmt::print("{}\n", dump_json(all));
    return kDone;
}

} // namespace

void add_list(CLI::App& app, int& exit_code)
{
    CLI::App* verb =
        app.add_subcommand("list", "Show the providers on the relays, what they sell and whether they are online");
    const auto options = std::make_shared<ConsumerOptions>();
    options->wait_seconds = kWaitSeconds;
    add_consumer_options(*verb, *options, "Seconds to wait for the relays");
    verb->callback([options, &exit_code] { exit_code = list(*options); });
}

} // namespace berth::cli
