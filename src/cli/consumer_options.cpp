#include "cli/consumer_options.h"

#include "cli/cli.h"
#include "consumer/marketplace.h"
#include "nostr/relay_url.h"
#include "util/json.h"
#include "util/utf8.h"

#include <cstdlib>
#include <filesystem>

namespace berth::cli {

namespace {

const std::vector<std::string> kDefaultRelays{"wss://relay.damus.io", "wss://nos.lol", "wss://relay.primal.net"};

std::filesystem::path default_key_file()
{
    if (const char* config = std::getenv("XDG_CONFIG_HOME"); config && *config)
        return std::filesystem::path{config} / "berth" / "consumer.nsec";
    const char* home = std::getenv("HOME");
    return std::filesystem::path{home ? home : "."} / ".config" / "berth" / "consumer.nsec";
}

Result<nostr::SecretKey> load_or_make_key(const std::filesystem::path& file)
{
    if (std::filesystem::exists(file))
        return nostr::load_secret_key(file);
    std::error_code error;
    if (file.has_parent_path())
        std::filesystem::create_directories(file.parent_path(), error);
    crypto::SystemRandom random;
    const nostr::SecretKey key = nostr::SecretKey::random(random);
    TRY(nostr::save_secret_key(file, key));
    return key;
}

/// Lines that a workload wrote.
void print_lines(const std::string& text)
{
    for (size_t begin = 0; begin < text.size();) {
        const size_t end = std::min(text.find('\n', begin), text.size());
        fmt::print("{}\n", printable(std::string_view{text}.substr(begin, end - begin), 100'000));
        begin = end + 1;
    }
}

/// A provider's answer for a terminal: foreign text with nothing in it that a terminal would obey.
void print_answer(const Json& answer)
{
    for (const auto& [name, value] : answer.items()) {
        if (value.is_string() && name == "logs")
            print_lines(value.get<std::string>());
        else if (value.is_array() && name == "instructions")
            for (const Json& line : value)
                fmt::print("  {}\n", line.is_string() ? printable(line.get<std::string>(), 500) : "");
        else if (!value.is_null())
            fmt::print("{:<28}{}\n", printable(name, 40),
                       value.is_string() ? printable(value.get<std::string>(), 100'000)
                                         : printable(dump_json(value), 100'000));
    }
}

/// A mistyped URL is a matter of usage, and no relay that is away.
CLI::Validator relay_url()
{
    const auto complaint = [](std::string& text) {
        const Result<std::string> url = nostr::normalise_relay_url(text);
        return url ? std::string{} : url.error().message;
    };
    return CLI::Validator{complaint, ""};
}

constexpr std::chrono::seconds kOfferWait{5};

/// Ephemeral where nothing speaks against it, else stored, saying why.
Result<std::string> ask_by_offer(consumer::Session& session, const nostr::PublicKey& provider, const std::string& body,
                                 std::chrono::seconds wait)
{
    if (!consumer::hears_ephemeral_requests(session, provider, kOfferWait)) {
        fmt::print(stderr, "the provider's offer does not say that it hears ephemeral requests: relays keep this one, "
                           "and the key in it, encrypted to the provider\n");
        return session.ask(provider, body, nostr::Transport::nip17, wait);
    }
    auto answer = session.ask(provider, body, nostr::Transport::nip17, wait, nostr::Wrap::ephemeral);
    if (answer || answer.error().code != Errc::unavailable)
        return answer;
    fmt::print(stderr, "no relay passed the ephemeral request on: sending one that relays keep, and the key in it, "
                       "encrypted to the provider\n");
    return session.ask(provider, body, nostr::Transport::nip17, wait);
}

Result<std::string> ask_on(const RequestPath& path, consumer::Session& session, const nostr::PublicKey& provider,
                           const std::string& body, std::chrono::seconds wait)
{
    if (path.transport == "nip04")
        return session.ask(provider, body, nostr::Transport::nip04, wait);
    if (path.wrap.empty() && path.has_key)
        return ask_by_offer(session, provider, body, wait);
    return session.ask(provider, body, nostr::Transport::nip17, wait,
                       path.wrap == "ephemeral" ? nostr::Wrap::ephemeral : nostr::Wrap::stored);
}

} // namespace

void add_transport(CLI::App& verb, std::string& transport)
{
    verb.add_option("--transport", transport, "nip17 (gift wraps) or nip04")
        ->capture_default_str()
        ->check(CLI::IsMember({"nip04", "nip17"}));
}

void add_request_path(CLI::App& verb, RequestPath& path)
{
    add_transport(verb, path.transport);
    verb.add_option("--wrap", path.wrap,
                    "Of gift wraps: stored (relays keep them) or ephemeral (kind 21059: relays only pass them on, so "
                    "nobody gets the key from a relay later; a provider that is away at that moment never sees the "
                    "request, and takes nothing). Default: ephemeral for a request with a volume's key, if the "
                    "provider's offer says that it listens and a relay passes it on; else stored")
        ->check(CLI::IsMember({"stored", "ephemeral"}));
}

void add_consumer_options(CLI::App& verb, ConsumerOptions& options, const char* what_wait_is)
{
    options.relays = kDefaultRelays;
    verb.add_option("--relay", options.relays, "Relay URL (repeatable)")->capture_default_str()->check(relay_url());
    verb.add_option("--key", options.key_file,
                    "File with your secret key, as nsec, hex or 12 to 24 words; made if missing (default: "
                    "~/.config/berth/consumer.nsec)");
    verb.add_option("--wait", options.wait_seconds, what_wait_is)->capture_default_str()->check(CLI::Range(1, 3600));
    verb.add_flag("--json", options.json, "Print JSON");
}

Result<std::unique_ptr<consumer::Session>> open_session(const ConsumerOptions& options)
{
    nostr::SecretKey key =
        TRY(load_or_make_key(options.key_file.empty() ? default_key_file() : std::filesystem::path{options.key_file}));
    return consumer::Session::open({.relays = options.relays, .key = std::move(key)});
}

int report_session(const Error& error)
{
    return error.code == Errc::unavailable ? report(error) : report_configuration(error);
}

int ask_and_print(const ConsumerOptions& options, const std::string& provider, const std::string& body,
                  const RequestPath& path)
{
    if (path.transport == "nip04" && path.wrap == "ephemeral") {
        fmt::print(stderr, "berth: --wrap ephemeral needs --transport nip17\n");
        return kUsage;
    }
    const auto key = nostr::PublicKey::parse(provider);
    if (!key) {
        fmt::print(stderr, "berth: --provider: {}\n", key.error().message);
        return kUsage;
    }
    const auto session = open_session(options);
    if (!session)
        return report_session(session.error());
    if (!options.json)
        fmt::print(stderr, "asking {}, waiting up to {} s\n", key->npub(), options.wait_seconds);
    const auto answer = ask_on(path, **session, *key, body, std::chrono::seconds{options.wait_seconds});
    if (!answer)
        return report(answer.error());
    const auto parsed = parse_json(*answer);
    if (!parsed || !parsed->is_object()) {
        fmt::print(stderr, "berth: the provider's answer is not a JSON object\n");
        return kFailed;
    }
    if (options.json)
        fmt::print("{}\n", dump_json(*parsed));
    else
        print_answer(*parsed);
    return parsed->contains("error_type") ? kFailed : kDone;
}

} // namespace berth::cli
