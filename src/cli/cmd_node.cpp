// The verbs about the operator's own node: status (without --provider), lease list, show and end, and drain.

#include "cli/cmd_node.h"
#include "cli/cli.h"
#include "cli/operator_command.h"
#include "provider/control_views.h"
#include "provider/lease_store.h"
#include "provider/requests.h"
#include "util/json.h"
#include "util/utf8.h"

#include <algorithm>
#include <memory>

namespace berth::cli {

namespace {

using namespace provider;

std::string duration_of(const OrderedJson& seconds)
{
    return human_duration(std::chrono::seconds{seconds.get<int64_t>()});
}

std::string text_of(const OrderedJson& value)
{
    constexpr size_t longest = 2'000; // relays, mints and consumers wrote some of it
    return printable(value.is_string() ? value.get<std::string>() : dump_json(value), longest);
}

void print_drain(const OrderedJson& drain)
{
    const auto leases = drain.at("leases").get<uint64_t>();
    const std::string count = fmt::format("{} lease{}", leases, leases == 1 ? "" : "s");
    if (!drain.at("draining").get<bool>())
        return fmt::print("selling; {}\n", count);
    const bool is_empty = drain.at("empty").get<bool>();
    fmt::print("draining since {}{}: {}\n", text_of(drain.at("since")),
               drain.at("evicting").get<bool>() ? ", leases are ended" : "", is_empty ? "empty" : count + " left");
}

void print_peers(const OrderedJson& body)
{
    for (const OrderedJson& relay : body.at("relays"))
        fmt::print("relay   {}  {}  {}\n", text_of(relay.at("url")),
                   relay.at("subscribed").get<bool>()  ? "subscribed"
                   : relay.at("connected").get<bool>() ? "connected"
                                                       : "not connected",
                   relay.at("subscribed").get<bool>() ? "" : text_of(relay.at("last_error")));
    for (const OrderedJson& mint : body.at("mints"))
        fmt::print("mint    {}  {}{}  {} msat  {}\n", text_of(mint.at("url")),
                   mint.at("suitable").get<bool>() ? "good"
                   : mint.at("known").get<bool>()  ? "not suitable"
                                                   : "not reached yet",
                   mint.at("practice").get<bool>() ? ", practice" : "", mint.at("balance_msat").get<uint64_t>(),
                   text_of(mint.at("problem")));
    const OrderedJson& mints = body.at("mints");
    if (std::none_of(mints.begin(), mints.end(), [](const OrderedJson& mint) {
            return mint.at("suitable").get<bool>() || !mint.at("known").get<bool>();
        }))
        fmt::print("nothing can be paid for: no mint is suitable\n");
}

void print_node(const std::string& text)
{
    const OrderedJson body = OrderedJson::parse(text);
    fmt::print("berth {}, {}\nup for {}{}\n", text_of(body.at("version")), text_of(body.at("npub")),
               duration_of(body.at("uptime_seconds")), body.at("public").get<bool>() ? "" : ", not public yet");
    print_drain(body.at("drain"));
    const OrderedJson& engine = body.at("engine");
    fmt::print("engine  {}\n",
               engine.at("answers").get<bool>() ? text_of(engine.at("version")) : std::string{"does not answer"});
    print_peers(body);
    std::string items;
    const auto add_item = [&items](const std::string& item) { items += (items.empty() ? "" : ", ") + item; };
    const auto print_items = [&items](const char* what) {
        fmt::print("{} {}\n", what, items);
        items.clear();
    };
    for (const auto& [state, count] : body.at("leases").items())
        add_item(fmt::format("{} {}", count.get<uint64_t>(), state));
    print_items("leases ");
    for (const auto& [spec, count] : body.at("free_slots").items())
        add_item(fmt::format("{} x {}", count.get<uint64_t>(), spec));
    print_items("free   ");
    const OrderedJson& sold = body.at("sold");
    const OrderedJson& capacity = body.at("capacity");
    for (const auto& [what, amount] : sold.items())
        add_item(fmt::format("{} of {} {}", amount.get<uint64_t>(), capacity.at(what).get<uint64_t>(), what));
    print_items("sold   ");
    const OrderedJson& wallet = body.at("wallet");
    fmt::print("wallet  {} msat free, {} reserved for payments, {} on the way out\n",
               wallet.at("unspent_msat").get<uint64_t>(), wallet.at("reserved_msat").get<uint64_t>(),
               wallet.at("pending_msat").get<uint64_t>());
    fmt::print("waiting {} replies, {} refunds\n", body.at("outbox").get<uint64_t>(),
               body.at("refunds_due").get<uint64_t>());
}

void print_leases(const std::string& text)
{
    const OrderedJson body = OrderedJson::parse(text);
    for (const OrderedJson& lease : body.at("leases"))
        fmt::print("{}  {}  {:<12} {:<10} {}  {}\n", lease.at("number").get<uint32_t>(), text_of(lease.at("id")),
                   text_of(lease.at("state")), text_of(lease.at("spec")),
                   lease.contains("left_seconds") ? duration_of(lease.at("left_seconds")) + " left" : std::string{"-"},
                   text_of(lease.at("image")));
    if (body.at("leases").empty())
        fmt::print("no leases\n");
}

void print_members(const std::string& text)
{
    const OrderedJson body = OrderedJson::parse(text);
    for (const auto& [name, value] : body.items())
        fmt::print("{:<18} {}\n", name, text_of(value));
}

Result<std::string> list_from_rows(db::Database& database)
{
    LeaseStore store{database};
    TRY(store.migrate());
    const std::vector<Lease> leases = TRY(store.load_open());
    std::vector<const Lease*> all;
    for (const Lease& lease : leases)
        all.push_back(&lease);
    return encode_leases(std::move(all), wall_clock_now());
}

Result<std::string> show_from_rows(db::Database& database, const std::string& name)
{
    LeaseStore store{database};
    TRY(store.migrate());
    RefundStore refunds{database};
    TRY(refunds.migrate());
    auto found = TRY(store.find(name));
    const auto number = parse_pod_number(name);
    if (!found && number) {
        const std::vector<Lease> open = TRY(store.load_open());
        for (const Lease& lease : open)
            if (lease.workload.number == *number)
                found = lease;
        if (!found)
            found = TRY(store.find_ended(*number));
    }
    if (!found)
        return fail(Errc::not_found, "there is no lease {}", name);
    const auto refund = TRY(refunds.find_final(found->id));
    return encode_lease(*found, refund, wall_clock_now());
}

Result<std::string> drain_in_rows(db::Database& database, bool on, bool evict)
{
    DrainStore store{database};
    LeaseStore leases{database};
    TRY(store.migrate());
    TRY(leases.migrate());
    const auto before = TRY(store.load());
    if (on)
        TRY(store.save({.since = before ? before->since : wall_clock_now(), .evicting = evict}));
    else
        TRY(store.clear());
    const auto now = TRY(store.load());
    const std::vector<Lease> open = TRY(leases.load_open());
    return encode_drain(now, open.size());
}

struct DrainArguments {
    OperatorOptions options;
    bool evict = false;
    bool off = false;
    int64_t wait_seconds = 0;
};

int run_drain(const DrainArguments& arguments)
{
    const bool on = !arguments.off;
    const std::chrono::seconds wait{arguments.wait_seconds};
    OperatorCommand command{.request = control::Resume{},
                            .print = [](const std::string& text) { print_drain(OrderedJson::parse(text)); }};
    if (on)
        command.request = control::Drain{.evict = arguments.evict, .wait = wait};
    command.patience += wait;
    command.progress = "nothing is sold any more; waiting for the last lease to end";
    command.without_daemon = [&](db::Database& database) -> Result<std::string> {
        std::string answer = TRY(drain_in_rows(database, on, arguments.evict));
        if (on && wait.count() > 0 && !OrderedJson::parse(answer).at("empty").get<bool>())
            return fail(Errc::unavailable, "the provider will drain, but none runs that could end its leases");
        return answer;
    };
    return run_command(arguments.options, command);
}

} // namespace

int print_node_status(const OperatorOptions& options)
{
    return run_command(options, {.request = control::Status{}, .print = print_node});
}

void add_lease(CLI::App& app, int& exit_code)
{
    CLI::App* group = app.add_subcommand("lease", "Look at your node's leases, or end one");
    group->require_subcommand(1);
    struct Arguments {
        OperatorOptions options;
        control::EndLease end;
    };
    const auto arguments = std::make_shared<Arguments>();
    const auto add = [&](const char* name, const char* description, bool names_one) {
        CLI::App* verb = group->add_subcommand(name, description);
        add_operator_options(*verb, arguments->options);
        if (names_one)
            verb->add_option("lease", arguments->end.lease, "Its number or its id, as lease list shows them")
                ->required();
        return verb;
    };
    add("list", "Every lease that has not ended", false)->callback([arguments, &exit_code] {
        exit_code =
            run_command(arguments->options,
                        {.request = control::ListLeases{}, .without_daemon = list_from_rows, .print = print_leases});
    });
    add("show", "All about one lease but its password", true)->callback([arguments, &exit_code] {
        const std::string name = arguments->end.lease;
        exit_code =
            run_command(arguments->options,
                        {.request = control::ShowLease{name},
                         .without_daemon = [&name](db::Database& database) { return show_from_rows(database, name); },
                         .print = print_members});
    });
    CLI::App* end = add("end", "Evict: delete it and its data, and give the unused time back to its owner", true);
    end->add_option("--reason", arguments->end.reason, "Told to its owner");
    end->footer("Its owner is told by a direct message with the refund. Ending it again changes nothing.");
    end->callback([arguments, &exit_code] {
        exit_code = run_command(arguments->options, {.request = arguments->end, .print = print_members});
    });
}

void add_drain(CLI::App& app, int& exit_code)
{
    CLI::App* verb =
        app.add_subcommand("drain", "Sell nothing any more, before a reboot or for good; --off sells again");
    verb->footer("New leases and top-ups are refused for free; leases that run go on to their end. Restarts change "
                 "nothing about it.");
    const auto arguments = std::make_shared<DrainArguments>();
    add_operator_options(*verb, arguments->options);
    CLI::Option* off = verb->add_flag("--off", arguments->off, "Sell again");
    verb->add_flag("--evict", arguments->evict, "End every lease now, its unused time given back")->excludes(off);
    verb->add_option("--wait", arguments->wait_seconds, "Seconds to wait for the last lease to end")
        ->check(CLI::Range(1, 86'400))
        ->excludes(off);
    verb->callback([arguments, &exit_code] { exit_code = run_drain(*arguments); });
}

} // namespace berth::cli
