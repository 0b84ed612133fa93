#include "cli/demo.h"

#include "cashu/wallet.h"
#include "cli/child_process.h"
#include "compute/docker_backend.h"
#include "compute/image_builder.h"
#include "consumer/marketplace.h"
#include "local/mint_server.h"
#include "local/practice_client.h"
#include "local/relay_server.h"
#include "net/http_client.h"
#include "util/json.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

namespace berth::cli {

namespace {

constexpr const char* kImage = "berth-demo:1";
constexpr cashu::Amount kSpawnSats = 12;
constexpr cashu::Amount kTopUpSats = 4;
constexpr std::chrono::seconds kAnswerWait{60};
constexpr const char* kPage = "Hello from inside the lease.\n";

/// Numbered lines that tell the story.
class Story {
public:
    template <class... Args>
    void step(fmt::format_string<Args...> format, Args&&... args)
    {
        fmt::print("{:>2}. {}\n", ++number_, fmt::format(format, std::forward<Args>(args)...));
        std::fflush(stdout);
    }
    template <class... Args>
    void detail(fmt::format_string<Args...> format, Args&&... args)
    {
        fmt::print("    {}\n", fmt::format(format, std::forward<Args>(args)...));
        std::fflush(stdout);
    }

private:
    int number_ = 0;
};

/// The daemon's files, removed when the story ends.
class TemporaryDirectory {
public:
    [[nodiscard]] static Result<TemporaryDirectory> create(bool keep)
    {
        std::string name = (std::filesystem::temp_directory_path() / "berth-demo-XXXXXX").string();
        if (!::mkdtemp(name.data()))
            return fail(Errc::unavailable, "cannot make a temporary directory");
        return TemporaryDirectory{name, keep};
    }
    ~TemporaryDirectory()
    {
        std::error_code error;
        if (!keep_ && !path_.empty())
            std::filesystem::remove_all(path_, error);
    }
    TemporaryDirectory(TemporaryDirectory&& other) noexcept : path_{std::move(other.path_)}, keep_{other.keep_}
    {
        other.path_.clear();
    }
    TemporaryDirectory& operator=(TemporaryDirectory&&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    TemporaryDirectory(std::filesystem::path path, bool keep) : path_{std::move(path)}, keep_{keep} {}
    std::filesystem::path path_;
    bool keep_;
};

/// A wallet that is only looked at asks no mint.
class NoHttp final : public net::Http {
public:
    void send(net::HttpRequest, std::function<void(net::HttpResult)>) override {}
};

Result<void> write_file(const std::filesystem::path& file, const std::string& text)
{
    std::ofstream out{file};
    out << text;
    if (!out.flush())
        return fail(Errc::unavailable, "cannot write {}", file.string());
    return {};
}

Result<std::filesystem::path> write_provider_files(const std::filesystem::path& directory, const DemoOptions& options,
                                                   const std::string& relay, const std::string& mint)
{
    crypto::SystemRandom random;
    TRY(nostr::save_secret_key(directory / "nsec", nostr::SecretKey::random(random)));
    std::filesystem::create_directories(directory / "templates");
    TRY(write_file(directory / "templates" / "web.toml",
                   fmt::format("slug = \"web\"\nimage = \"{}\"\n[[ports]]\ncontainer_port = 8080\nlabel = \"web\"\n"
                               "scheme = \"http\"\n",
                               kImage)));
    const std::filesystem::path config = directory / "berth.toml";
    TRY(write_file(config, fmt::format(R"(state_dir = "{0}/state"
templates_dir = "{0}/templates"
[provider]
name = "demo"
key_file = "{0}/nsec"
public_address = "127.0.0.1"
relays = ["{1}"]
mints = ["{2}"]
allow_practice_mints = true
lease_seconds_min = 4
[docker]
socket = "{3}"
[ports]
range = "31000-31999"
address = "127.0.0.1"
[[specs]]
id = "basic"
name = "Basic"
description = "a tenth of a core, 32 MB"
cpu_millicores = 100
memory_mb = 32
disk_gb = 0
rate_msats_per_sec = 1000
)",
                                       directory.string(), relay, mint, options.docker_socket)));
    return config;
}

Result<consumer::ProviderView> wait_for_offer(consumer::Session& session, ChildProcess& daemon)
{
    constexpr int kTries = 20;
    for (int tries = 0; tries < kTries; ++tries) {
        for (consumer::ProviderView& provider : consumer::list_providers(session, std::chrono::seconds{2}))
            if (provider.online && provider.cpu_available > 0)
                return std::move(provider);
        if (!daemon.is_running())
            return fail(Errc::unavailable, "the daemon ended by itself");
        std::this_thread::sleep_for(std::chrono::milliseconds{250});
    }
    return fail(Errc::unavailable, "the offer did not appear");
}

/// Asks, and turns a provider's no into an error.
Result<Json> ask(consumer::Session& session, const consumer::ProviderView& provider, const std::string& body)
{
    const std::string text = TRY(session.ask(provider.key, body, nostr::Transport::nip17, kAnswerWait));
    Json answer = TRY(parse_json(text));
    if (!answer.is_object() || answer.contains("error_type"))
        return fail(Errc::refused, "the provider answered {}", text);
    return answer;
}

Result<std::string> fetch_page(const std::string& host, uint64_t port)
{
    constexpr int kTries = 40;
    net::HttpClient client;
    net::HttpRequest request;
    request.url = fmt::format("http://{}:{}/", host, port);
    request.timeout = std::chrono::seconds{2};
    for (int tries = 0; tries < kTries; ++tries) {
        const auto response = client.send(request);
        if (response && response->status == 200)
            return response->body;
        std::this_thread::sleep_for(std::chrono::milliseconds{100});
    }
    return fail(Errc::unavailable, "{} does not answer", request.url);
}

Result<void> reach(Story& story, const Json& access)
{
    const std::string ip = TRY(json_string(access, "container_ip"));
    const uint64_t port = TRY(json_u64(access.at("template_ports").at(0), "host_port"));
    for (const auto& [host, where] : {std::pair{std::string{"127.0.0.1"}, port}, std::pair{ip, uint64_t{8080}}}) {
        const std::string page = TRY(fetch_page(host, where));
        if (page != kPage)
            return fail(Errc::corrupt, "{}:{} answered something else", host, where);
        story.detail("http://{}:{}/ says: {}", host, where, page.substr(0, page.size() - 1));
    }
    return {};
}

Result<void> wait_for_end(Story& story, compute::Backend& engine)
{
    constexpr int kTries = 300;
    for (int tries = 0; tries < kTries; ++tries) {
        const auto left = TRY(engine.list_labelled());
        if (left.empty())
            return {};
        if (tries == 0)
            story.detail("{} objects at the Engine until then", left.size());
        std::this_thread::sleep_for(std::chrono::milliseconds{200});
    }
    return fail(Errc::corrupt, "the container is still there");
}

Result<cashu::Msat> provider_balance(const std::filesystem::path& directory, const std::string& mint)
{
    const std::filesystem::path state = directory / "state";
    db::Database database = TRY(db::Database::open({.path = (state / "berth.db").string(), .vfs = {}}));
    NoHttp http;
    crypto::SystemRandom random;
    cashu::WalletOptions options;
    options.mints = {{.url = mint, .practice_allowed = true}};
    const auto wallet =
        TRY(cashu::Wallet::create(database, http, random, (state / "wallet.seed").string(), options, {}));
    return wallet->balance();
}

/// Everything between an online provider and an ended lease.
Result<void> rent(Story& story, consumer::Session& session, const consumer::ProviderView& provider,
                  const std::string& mint, compute::Backend& engine)
{
    net::HttpClient client;
    consumer::SpawnWish wish;
    wish.token = TRY(local::mint_token(client, mint, kSpawnSats, cashu::Unit::sat));
    wish.template_slug = "web";
    wish.image = kImage;
    story.step("token minted: {} sat, {} characters", kSpawnSats, wish.token.size());
    const Json access = TRY(ask(session, provider, consumer::encode_spawn(wish)));
    const std::string pod = TRY(json_string(access, "pod_npub"));
    const std::string expires = TRY(json_string(access, "expires_at"));
    story.step("request sent, answered: {} runs until {}", pod, expires);
    story.step("the container is reached over its port and its IP");
    TRY(reach(story, access));
    const Json status = TRY(ask(session, provider, consumer::encode_status_request(pod)));
    const std::string state = TRY(json_string(status, "status"));
    const uint64_t left = TRY(json_u64(status, "time_remaining_seconds"));
    story.step("status: {}, {} s left", state, left);
    const std::string token = TRY(local::mint_token(client, mint, kTopUpSats, cashu::Unit::sat));
    const Json extended = TRY(ask(session, provider, consumer::encode_top_up(pod, token)));
    const std::string until = TRY(json_string(extended, "new_expires_at"));
    story.step("topped up with {} sat: runs until {}", kTopUpSats, until);
    story.step("waiting for its expiry");
    TRY(wait_for_end(story, engine));
    story.step("the container is gone");
    return {};
}

Result<void> balance_books(Story& story, const std::filesystem::path& directory, const std::string& mint)
{
    const cashu::Msat holds = TRY(provider_balance(directory, mint));
    const uint64_t paid = kSpawnSats + kTopUpSats;
    // This practice mint takes no fee, and the story ends without change.
    story.step("books: consumers paid {} sat = provider holds {} sat + fees 0 sat + change 0 sat", paid,
               holds.value / 1000);
    if (holds.value != paid * 1000)
        return fail(Errc::corrupt, "the books do not balance");
    return {};
}

Result<void> play_with(Story& story, const DemoOptions& options, const std::filesystem::path& directory)
{
    const auto net = TRY(net::NetThread::create({}));
    const auto relay = TRY(local::RelayServer::create({}, *net));
    const auto mint = TRY(local::MintServer::create({}, *net));
    story.step("relay {} and practice mint {} are up", relay->url(), mint->url());
    const auto config = TRY(write_provider_files(directory, options, relay->url(), mint->url()));
    ChildProcess daemon =
        TRY(ChildProcess::start({"run", "--config", config.string()}, (directory / "daemon.log").string()));
    crypto::SystemRandom random;
    const auto session =
        TRY(consumer::Session::open({.relays = {relay->url()}, .key = nostr::SecretKey::random(random)}));
    const consumer::ProviderView provider = TRY(wait_for_offer(*session, daemon));
    story.step("provider {} is online", provider.key.npub());
    story.detail("its offer: {} at {} msat/s", provider.specs.at(0).name, provider.specs.at(0).rate_msats_per_sec);

    const nostr::SecretKey provider_key = TRY(nostr::load_secret_key(directory / "nsec"));
    compute::DockerOptions docker;
    docker.socket = options.docker_socket;
    docker.provider_label = nostr::PublicKey::of(provider_key).hex().substr(0, 16);
    const auto engine = compute::make_docker_backend(docker);
    TRY(rent(story, *session, provider, mint->url(), *engine));
    if (daemon.stop() != 0)
        return fail(Errc::corrupt, "the daemon did not stop cleanly");
    return balance_books(story, directory, mint->url());
}

void print_log(const std::filesystem::path& file)
{
    std::ifstream log{file};
    for (std::string line; std::getline(log, line);)
        fmt::print(stderr, "daemon: {}\n", line);
}

} // namespace

Result<void> play_demo(const DemoOptions& options)
{
    Story story;
    compute::ImageRecipe recipe = compute::busybox_recipe(kImage, options.busybox);
    recipe.files.push_back({"www/index.html", kPage});
    recipe.changes.push_back("CMD [\"/bin/httpd\",\"-f\",\"-p\",\"8080\",\"-h\",\"/www\"]");
    TRY(compute::build_image(options.docker_socket, recipe));
    story.step("image {} made from {}", kImage, options.busybox);
    const TemporaryDirectory directory = TRY(TemporaryDirectory::create(options.keep_files));
    const auto played = play_with(story, options, directory.path());
    if (!played)
        print_log(directory.path() / "daemon.log");
    const auto removed = compute::remove_image(options.docker_socket, kImage);
    TRY(played);
    TRY(removed);
    story.step("done; nothing is left running");
    if (options.keep_files)
        story.detail("files: {}", directory.path().string());
    return {};
}

} // namespace berth::cli
