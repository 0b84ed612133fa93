#include "cashu/seed.h"
#include "cli/cli.h"
#include "cli/daemon_link.h"
#include "cli/line_input.h"
#include "cli/operator_command.h"
#include "cli/wallet_session.h"
#include "util/hex.h"
#include "util/json.h"
#include "util/log.h"

#include <memory>

namespace berth::cli {

namespace {

struct WalletArguments {
    std::string file = "/etc/berth/berth.toml";
    bool json = false;
    int64_t wait_seconds = 300;
    std::string unit = "sat";
    std::string words_file;
    cashu::OperatorRequest request;
};

void print_history(const Json& body)
{
    for (const Json& entry : body.at("entries")) {
        fmt::print("{}  {:<16} {}", entry.at("at").get<std::string>(), entry.at("movement").get<std::string>(),
                   entry.at("mint").get<std::string>());
        for (const auto& [account, msat] : entry.at("msat").items())
            fmt::print("  {} {:+}", account, msat.get<int64_t>());
        // Under its key a token that was sent is shown again.
        fmt::print("  {}\n", entry.at("name").get<std::string>());
    }
}

void print_balance(const Json& body)
{
    for (const Json& held : body.at("mints"))
        fmt::print("{}  {} {} free, {} reserved for payments, {} on the way out\n", held.at("mint").get<std::string>(),
                   held.at("unspent").get<uint64_t>(), held.at("unit").get<std::string>(),
                   held.at("reserved").get<uint64_t>(), held.at("pending").get<uint64_t>());
    fmt::print("total  {} msat\n", body.at("msat").get<uint64_t>());
}

void print_audit(const Json& body)
{
    for (const Json& line : body.at("differences"))
        fmt::print("differs     {}\n", line.get<std::string>());
    for (const Json& line : body.at("unanswered"))
        fmt::print("unanswered  {}\n", line.get<std::string>());
    for (const Json& line : body.at("overdue"))
        fmt::print("overdue     {}\n", line.get<std::string>());
    fmt::print("{} entries, {} proofs looked at, {} msat in tokens that nobody has taken yet: {}\n",
               body.at("entries").get<int64_t>(), body.at("proofs").get<uint64_t>(),
               body.at("handed_out_msat").get<uint64_t>(),
               body.at("differences").empty() ? "the books are right" : "the books are wrong");
}

void print_answer(const std::string& verb, const Json& body)
{
    if (verb == "balance")
        return print_balance(body);
    if (verb == "history")
        return print_history(body);
    if (verb == "audit")
        return print_audit(body);
    if (verb == "send")
        return fmt::print("{}\n", body.at("token").get<std::string>());
    if (verb == "restore") {
        for (const Json& line : body.at("problems"))
            fmt::print("problem  {}\n", line.get<std::string>());
        return fmt::print("the wallet holds {} msat\n", body.at("msat").get<uint64_t>());
    }
    const auto amount = body.at("amount").get<uint64_t>();
    const auto unit = body.at("unit").get<std::string>();
    const auto mint = body.at("mint").get<std::string>();
    if (verb == "receive")
        return fmt::print("received {} {} at {}, fee {}\n", amount, unit, mint, body.at("fee").get<uint64_t>());
    fmt::print("paid {} {} from {}, fees {}, preimage {}\n", amount, unit, mint, body.at("fees").get<uint64_t>(),
               body.at("preimage").get<std::string>());
}

/// An answer that can be read but says that something is wrong.
ExitCode code_of(const std::string& verb, const Json& body)
{
    if (verb == "audit" && !body.at("differences").empty())
        return kFailed;
    if ((verb == "audit" && !body.at("unanswered").empty()) || (verb == "restore" && !body.at("problems").empty()))
        return kUnavailable;
    return kDone;
}

/// Whoever asks again with the same key gets the same payment.
std::string fresh_key(const std::string& verb)
{
    crypto::SystemRandom random;
    return verb + ":" + encode_hex(ByteView{random.bytes32()}.subspan(0, 8));
}

Result<daemon::Config> load_file(const WalletArguments& arguments, int& exit_code)
{
    auto config = daemon::load_config(arguments.file);
    if (!config) {
        exit_code = report_configuration(config.error());
        return config;
    }
    log::set_level(config->debug_log ? log::Level::debug : log::Level::warn);
    return config;
}

Result<daemon::Config> load(const WalletArguments& arguments, int& exit_code)
{
    auto config = load_file(arguments, exit_code);
    if (config && is_foreign(config->state_dir)) {
        exit_code = report_link({Errc::refused, fmt::format("{} belongs to another user; run this as that user",
                                                            config->state_dir.string())});
        return fail(Errc::refused, "no access");
    }
    return config;
}

int show(const WalletArguments& arguments, const Result<std::string>& answer)
{
    if (!answer)
        return report(answer.error());
    const std::string& verb = arguments.request.verb;
    const Json body = Json::parse(*answer);
    if (arguments.json)
        fmt::print("{}\n", *answer);
    else
        print_answer(verb, body);
    return code_of(verb, body);
}

/// Beside a running provider, which drives it to its end whether or not we are here to hear of it.
Result<std::string> ask_daemon(DaemonLink& link, const cashu::OperatorRequest& request, std::chrono::seconds wait)
{
    constexpr std::chrono::seconds margin{10}; // its own word that it takes longer comes first
    const std::string again =
        request.key.empty() ? "berth wallet history shows what came of it" : "ask again with --key " + request.key;
    auto answer = link.ask(provider::control::Wallet{.request = request, .wait = wait}, wait + margin,
                           "waiting for the mint; if this is interrupted it goes on, and " + again);
    if (answer || (answer.error().code != Errc::unavailable && answer.error().code != Errc::outcome_unknown))
        return answer;
    return fail(answer.error().code, "{}; {}", answer.error().message, again);
}

int run_verb(WalletArguments arguments)
{
    int exit_code = kDone;
    const auto state_dir = find_state_dir(arguments.file, exit_code);
    if (!state_dir)
        return exit_code;
    cashu::OperatorRequest& request = arguments.request;
    const auto unit = cashu::parse_unit(arguments.unit);
    if (!unit) {
        (void)report(unit.error());
        return kUsage;
    }
    request.unit = *unit;
    if (request.key.empty() && (request.verb == "send" || request.verb == "melt" || request.verb == "sweep"))
        request.key = fresh_key(request.verb);
    DaemonLink link;
    const auto opened = link.open(*state_dir);
    if (opened)
        return show(arguments, ask_daemon(link, request, std::chrono::seconds{arguments.wait_seconds}));
    if (opened.error().code != Errc::not_found)
        return report_link(opened.error());
    const auto config = load(arguments, exit_code);
    if (!config)
        return exit_code;
    std::optional<std::string> words;
    if (!arguments.words_file.empty()) {
        auto line = read_line(arguments.words_file);
        if (!line)
            return report(line.error());
        words = std::move(*line);
    }
    return show(arguments, run_wallet_request(*config, request, words, std::chrono::seconds{arguments.wait_seconds}));
}

int back_up(const WalletArguments& arguments)
{
    int exit_code = kDone;
    const auto config = load_file(arguments, exit_code); // reading words harms nobody's files
    if (!config)
        return exit_code;
    const auto words = cashu::SeedFile::read_words(config->provider.seed_file);
    if (!words)
        return report(words.error());
    const std::string_view text = as_text(words->expose());
    if (arguments.json) {
        OrderedJson body;
        body["words"] = text;
        body["mints"] = OrderedJson::array();
        for (const cashu::MintOptions& mint : config->provider.wallet.mints)
            body["mints"].push_back(mint.url);
        fmt::print("{}\n", dump_json(body));
        return kDone;
    }
    fmt::print("{}\n", text);
    for (const cashu::MintOptions& mint : config->provider.wallet.mints)
        fmt::print("{}\n", mint.url);
    return kDone;
}

/// Adds one verb below `berth wallet`.
CLI::App* add_verb(CLI::App& wallet, const std::shared_ptr<WalletArguments>& arguments, int& exit_code,
                   const char* name, const char* description)
{
    CLI::App* verb = wallet.add_subcommand(name, description);
    verb->add_option("--config", arguments->file, "Configuration file")->capture_default_str();
    verb->add_flag("--json", arguments->json, "Print JSON");
    verb->callback([arguments, name = std::string{name}, &exit_code] {
        arguments->request.verb = name;
        exit_code = name == "backup" ? back_up(*arguments) : run_verb(*arguments);
    });
    return verb;
}

void add_payment_options(CLI::App* verb, WalletArguments& arguments, const char* what_key_is)
{
    verb->add_option("--mint", arguments.request.mint, "Mint to take it from; without, the one that holds most");
    verb->add_option("--unit", arguments.unit, "sat or msat")->capture_default_str();
    verb->add_option("--key", arguments.request.key, what_key_is);
}

} // namespace

void add_wallet(CLI::App& app, int& exit_code)
{
    CLI::App* wallet =
        app.add_subcommand("wallet", "Look after the provider's money, whether the provider runs or not");
    wallet->require_subcommand(1);
    const auto arguments = std::make_shared<WalletArguments>();
    cashu::OperatorRequest& request = arguments->request;
    const auto add = [&](const char* name, const char* description) {
        return add_verb(*wallet, arguments, exit_code, name, description);
    };
    const auto add_wait = [&](CLI::App* verb) {
        verb->add_option("--wait", arguments->wait_seconds, "Seconds to wait for mints")
            ->check(CLI::Range(1, 86'400))
            ->capture_default_str();
        return verb;
    };
    add("balance", "What is held at each mint");
    add_token_option(*add_wait(add("receive", "Redeem a token for the operator")), "token", request.token);
    CLI::App* send = add_wait(add("send", "Make a token"));
    send->add_option("amount", request.amount, "Worth of the token")
        ->required()
        ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 60));
    add_payment_options(send, *arguments,
                        "Name of this payment, beginning with \"send:\"; the same name brings the same token again");
    CLI::App* melt = add_wait(add("melt", "Pay a Lightning invoice"));
    melt->add_option("invoice", request.invoice, "BOLT 11 invoice that names an amount")->required();
    const char* once = "Name of this payment; the same name never pays twice";
    add_payment_options(melt, *arguments, once);
    CLI::App* sweep = add_wait(add("sweep", "Send all that is free at a mint to a Lightning address"));
    sweep->add_option("--address", request.address, "Lightning address; without, the configured one");
    add_payment_options(sweep, *arguments, once);
    add("history", "The newest entries of the books")
        ->add_option("--count", request.count, "How many")
        ->check(CLI::Range(size_t{1}, cashu::kHistoryMax))
        ->capture_default_str();
    add_wait(add("restore", "Ask every mint for all that it ever signed with this wallet's words; takes a stopped "
                            "provider"))
        ->add_option("--words", arguments->words_file,
                     "First line of this file (- is standard input) becomes the wallet's words; only where there is no "
                     "wallet yet");
    add("backup", "Print the words that restore the wallet, and its mints");
    add_wait(add("audit", "Recompute the books, and ask the mints about every proof"))
        ->add_flag("--rows-only", request.rows_only, "Ask no mint");
}

} // namespace berth::cli
