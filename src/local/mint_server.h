#pragma once
// The practice mint on a port: a thread and an SQLite file of its own, around practice_mint.h.

#include "local/practice_mint.h"
#include "net/net_thread.h"

#include <functional>
#include <memory>
#include <string>

namespace berth::local {

struct MintServerOptions {
    std::string address = "127.0.0.1"; ///< to listen on
    uint16_t port = 0;                 ///< 0: the kernel chooses
    std::string database = ":memory:"; ///< a file, or ":memory:"
    PracticeMintOptions mint;
    bool rotate_at_start = false; ///< the keyset of before signs no more
    /// Answers to swaps leave this much later, as from a distant mint; other requests go on meanwhile.
    std::chrono::milliseconds swap_delay{0};
};

class MintServer {
public:
    /// Opens the store, starts the thread and listens. `net` must outlive the server.
    [[nodiscard]] static Result<std::unique_ptr<MintServer>> create(const MintServerOptions& options,
                                                                    net::NetThread& net);
    ~MintServer();
    MintServer(const MintServer&) = delete;
    MintServer& operator=(const MintServer&) = delete;

    [[nodiscard]] uint16_t port() const { return port_; }
    [[nodiscard]] std::string url() const; ///< http://address:port

    /// Runs `change` on the mint's thread between two requests, and returns when it has run: arms faults, rotates.
    void control(std::function<void(PracticeMint&)> change);

private:
    struct Worker;
    MintServer(std::unique_ptr<Worker> worker, std::string address);
    std::unique_ptr<Worker> worker_;
    std::string address_;
    uint16_t port_ = 0;
};

} // namespace berth::local
