#pragma once
// A Nostr relay inside berth: for trying everything on one machine, and in production as the provider's own inbox.
// A thread and an SQLite file of its own; sockets are the net thread's. NIP-01, 09, 11, 40, 42, 67, 70.

#include "local/relay_info.h"
#include "local/relay_limits.h"
#include "net/net_thread.h"

#include <memory>
#include <string>

namespace berth::local {

struct RelayServerOptions {
    std::string address = "127.0.0.1"; ///< to listen on
    uint16_t port = 0;                 ///< 0: the kernel chooses
    std::string database = ":memory:"; ///< a file, or ":memory:"
    size_t connections_max = 512;
    RelayIdentity identity;
    RelayLimits limits;
    RelayPolicy policy;
};

class RelayServer {
public:
    /// Opens the store, starts the thread and listens. `net` must outlive the server.
    [[nodiscard]] static Result<std::unique_ptr<RelayServer>> create(const RelayServerOptions& options,
                                                                     net::NetThread& net);
    ~RelayServer(); ///< what was received is stored first
    RelayServer(const RelayServer&) = delete;
    RelayServer& operator=(const RelayServer&) = delete;

    [[nodiscard]] uint16_t port() const { return port_; }
    [[nodiscard]] std::string url() const; ///< ws://address:port

private:
    struct Worker;
    RelayServer(std::unique_ptr<Worker> worker, std::string address, uint16_t port);
    std::unique_ptr<Worker> worker_;
    std::string address_;
    uint16_t port_;
};

} // namespace berth::local
