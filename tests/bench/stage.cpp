#include "bench/stage.h"

#include "bench/measure.h"
#include "cashu/bdhke.h"
#include "cashu/mint_api.h"
#include "cashu/token.h"
#include "compute/image_builder.h"
#include "crypto/random.h"
#include "local/practice_client.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <fstream>

namespace berth::bench {

namespace {

constexpr cashu::Amount kTokenSats = 10;

Result<void> write_file(const std::filesystem::path& file, const std::string& text)
{
    std::ofstream out{file};
    out << text;
    if (!out.flush())
        return fail(Errc::unavailable, "cannot write {}", file.string());
    return {};
}

/// Numbers, ports and addresses of their own, so that other providers at the same Engine are not in the way. A token
/// buys a thousand seconds: no lease ends by itself while something is measured.
constexpr const char* kConfig = R"(state_dir = "{0}/state"
[provider]
name = "bench"
key_file = "{0}/nsec"
public_address = "127.0.0.1"
relays = ["{1}"]
mints = ["{2}", "{3}"]
allow_practice_mints = true
lease_seconds_min = 1
lease_numbers = "7000-7999"
[docker]
socket = "{4}"
subnet_pool = "10.214.0.0/16"
[ports]
range = "32000-32399"
address = "127.0.0.1"
[capacity]
cpu_millicores = 1000000
memory_mb = 1000000
storage_gb = 1000000
[[specs]]
id = "basic"
cpu_millicores = 100
memory_mb = 32
disk_gb = 0
rate_msats_per_sec = 10
[[specs]]
id = "core"
cpu_millicores = 1000
memory_mb = 128
disk_gb = 1
rate_msats_per_sec = 10
)";

} // namespace

Result<std::unique_ptr<Stage>> Stage::build(Settings settings)
{
    std::string name = (std::filesystem::temp_directory_path() / "berth-bench-XXXXXX").string();
    if (!::mkdtemp(name.data()))
        return fail(Errc::unavailable, "cannot make a temporary directory");
    std::unique_ptr<Stage> stage{new Stage{std::move(settings), name}};
    Stage& self = *stage;
    TRY(self.lock());
    TRY(compute::build_image(self.settings_.docker_socket, compute::busybox_recipe(kImage, self.settings_.busybox)));
    self.net_ = TRY(net::NetThread::create({}));
    self.relay_ = TRY(local::RelayServer::create({}, *self.net_));
    self.fast_mint_ = TRY(local::MintServer::create({}, *self.net_));
    local::MintServerOptions slow;
    slow.swap_delay = kSlowSwap;
    self.slow_mint_ = TRY(local::MintServer::create(slow, *self.net_));
    return stage;
}

Result<void> Stage::lock()
{
    const std::string file = (std::filesystem::temp_directory_path() / "berth-bench.lock").string();
    lock_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock_ < 0)
        return fail(Errc::unavailable, "cannot open {}", file);
    if (::flock(lock_, LOCK_EX | LOCK_NB) == 0)
        return {};
    ::close(lock_);
    lock_ = -1;
    return fail(Errc::unavailable, "another benchmark runs on this machine; both would measure each other");
}

Stage::~Stage()
{
    std::error_code error;
    std::filesystem::remove_all(directory_, error);
    if (lock_ < 0)
        return; // the image is the other run's
    if (const auto removed = compute::remove_image(settings_.docker_socket, kImage); !removed)
        fmt::print(stderr, "bench: {}\n", removed.error().message);
    ::close(lock_);
}

Result<Stage::Provider> Stage::make_provider()
{
    const std::filesystem::path directory = directory_ / fmt::format("provider-{}", ++providers_);
    std::filesystem::create_directories(directory);
    crypto::SystemRandom random;
    const nostr::SecretKey key = nostr::SecretKey::random(random);
    TRY(nostr::save_secret_key(directory / "nsec", key));
    const std::string config = (directory / "berth.toml").string();
    TRY(write_file(config, fmt::format(fmt::runtime(kConfig), directory.string(), relay_->url(), fast_mint_->url(),
                                       slow_mint_->url(), settings_.docker_socket)));
    return Provider{nostr::PublicKey::of(key), config, (directory / "daemon.log").string()};
}

Result<DaemonProcess> Stage::start(const Provider& provider) const
{
    return DaemonProcess::start(settings_.berth, provider.config, provider.log);
}

Result<std::string> Stage::make_token(bool slow)
{
    return local::mint_token(http_, slow ? slow_mint_->url() : fast_mint_->url(), kTokenSats);
}

Result<double> Stage::raw_swap()
{
    const std::string text = TRY(make_token(false));
    cashu::Token token = TRY(cashu::decode_token(text));
    net::HttpRequest request;
    request.url = fast_mint_->url() + "/v1/keysets";
    const net::HttpResponse listed = TRY(http_.send(request));
    const cashu::KeysetsReply keysets = TRY(cashu::decode_keysets(listed.body));
    std::vector<cashu::KeysetId> ids;
    for (const cashu::Keyset& keyset : keysets.keysets)
        ids.push_back(keyset.id);
    cashu::SwapRequest swap;
    crypto::SystemRandom random;
    for (cashu::Proof& proof : token.proofs) {
        proof.keyset_id = TRY(cashu::expand_keyset_id(proof.keyset_id, ids));
        // The mint signs any point; nobody is going to unblind this one.
        std::array<uint8_t, 32> secret{};
        random.fill(secret);
        swap.outputs.push_back(
            {.amount = proof.amount, .keyset_id = proof.keyset_id, .B_ = cashu::hash_to_curve(ByteView{secret})});
    }
    swap.inputs = std::move(token.proofs);
    request.method = "POST";
    request.url = fast_mint_->url() + "/v1/swap";
    request.body = cashu::encode_swap_request(swap);
    request.headers.emplace_back("Content-Type", "application/json");
    const Stopwatch watch;
    const net::HttpResponse swapped = TRY(http_.send(request));
    const double took = watch.milliseconds();
    if (swapped.status != 200)
        return fail(Errc::refused, "the mint answered {} {}", swapped.status, swapped.body);
    return took;
}

} // namespace berth::bench
