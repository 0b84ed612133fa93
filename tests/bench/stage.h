#pragma once
// What the measurements play on: a relay and two practice mints in this process (one answers swaps a second late), a
// directory with a provider's files, and the image that leases run.

#include "bench/daemon_process.h"
#include "local/mint_server.h"
#include "local/relay_server.h"
#include "net/http_client.h"
#include "nostr/keys.h"

#include <filesystem>
#include <memory>
#include <string>

namespace berth::bench {

struct Settings {
    std::string docker_socket = "/var/run/docker.sock";
    std::string busybox = "/bin/busybox";
    std::string berth; ///< the binary to be measured
    size_t samples = 15;
    size_t consumers = 50;
    size_t bursts = 3;
    size_t pages = 200; ///< asked of a neighbour, for each attack
};

inline constexpr std::chrono::seconds kSlowSwap{1};
inline constexpr const char* kImage = "berth-bench:1";
/// The size of whoever is measured with a whole core.
inline constexpr const char* kCoreSpec = "core";

class Stage {
public:
    [[nodiscard]] static Result<std::unique_ptr<Stage>> build(Settings settings);
    ~Stage(); ///< removes the directory and the image
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;

    /// A provider that nobody has seen before.
    struct Provider {
        nostr::PublicKey key;
        std::string config;
        std::string log;
    };
    [[nodiscard]] Result<Provider> make_provider();
    [[nodiscard]] Result<DaemonProcess> start(const Provider& provider) const;

    /// A token of either mint, ready to be spent.
    [[nodiscard]] Result<std::string> make_token(bool slow);
    /// Swaps a token of the fast mint with the one call that takes, and says how long it took.
    [[nodiscard]] Result<double> raw_swap();

    [[nodiscard]] net::NetThread& net() { return *net_; }
    [[nodiscard]] const Settings& settings() const { return settings_; }
    [[nodiscard]] std::string relay_url() const { return relay_->url(); }
    [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

private:
    Stage(Settings settings, std::filesystem::path directory)
        : settings_{std::move(settings)}, directory_{std::move(directory)}
    {
    }

    /// One run at a time on a machine. unavailable when another holds it.
    [[nodiscard]] Result<void> lock();

    const Settings settings_;
    const std::filesystem::path directory_;
    std::unique_ptr<net::NetThread> net_;
    std::unique_ptr<local::RelayServer> relay_;
    std::unique_ptr<local::MintServer> fast_mint_;
    std::unique_ptr<local::MintServer> slow_mint_;
    net::HttpClient http_;
    int providers_ = 0;
    int lock_ = -1; ///< a descriptor, held as long as this lives
};

} // namespace berth::bench
