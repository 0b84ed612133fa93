// The verb that shows what providers told a consumer unasked.

#include "cli/cli.h"
#include "cli/consumer_options.h"
#include "util/json.h"
#include "util/utf8.h"

namespace berth::cli {

namespace {

/// Relays that are up answer at once: this is for one that does not.
constexpr int64_t kWaitSeconds = 5;
constexpr size_t kFieldShownMax = 2'000;

/// A stranger's message is no notice: it must be a JSON object with a word in `notice`.
std::optional<OrderedJson> read_notice(const nostr::DirectMessage& message)
{
    const auto body = parse_json(message.text);
    if (!body || !body->is_object() || !json_string(*body, "notice"))
        return std::nullopt;
    OrderedJson notice{{"provider", message.sender.npub()},
                       {"sent_at", rfc3339(from_unix_seconds(message.created_at))}};
    for (const auto& [name, value] : body->items())
        if (name != "provider" && name != "sent_at")
            notice[name] = value;
    return notice;
}

void print_notice(const OrderedJson& notice)
{
    for (const auto& [name, value] : notice.items())
        fmt::print("{:<28}{}\n", printable(name, 40),
                   printable(value.is_string() ? value.get<std::string>() : dump_json(value), kFieldShownMax));
    fmt::print("\n");
}

int show_notices(const ConsumerOptions& options, int64_t hours)
{
    const auto session = open_session(options);
    if (!session)
        return report_session(session.error());
    OrderedJson all = OrderedJson::array();
    for (const nostr::DirectMessage& message :
         (*session)->fetch_notices(std::chrono::hours{hours}, std::chrono::seconds{options.wait_seconds}))
        if (auto notice = read_notice(message))
            all.push_back(std::move(*notice));
    if (options.json)
        fmt::print("{}\n", dump_json(all));
    else if (all.empty())
        fmt::print("no notices in the last {} h\n", hours);
    else
        for (const OrderedJson& notice : all)
            print_notice(notice);
    return kDone;
}

} // namespace

void add_notices(CLI::App& app, int& exit_code)
{
    CLI::App* verb = app.add_subcommand("notices", "Show what providers told you unasked: a lease's end is near, a "
                                                   "workload crash-loops, a volume is locked");
    const auto options = std::make_shared<ConsumerOptions>();
    const auto hours = std::make_shared<int64_t>(24);
    options->wait_seconds = kWaitSeconds;
    add_consumer_options(*verb, *options, "Seconds to wait for the relays");
    verb->add_option("--hours", *hours, "How far back")->capture_default_str()->check(CLI::Range(1, 48));
    verb->callback([options, hours, &exit_code] { exit_code = show_notices(*options, *hours); });
}

} // namespace berth::cli
