#pragma once
// The one thread that owns the libwebsockets context: WebSocket clients and servers, plus the small HTTP answers that
// servers need (NIP-11 on a relay's URL, a mint's API). Everything crosses by value.

#include "net/sockets.h"
#include "util/result.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace berth::net {

struct NetOptions {
    size_t frame_bytes_max = 262'144;     ///< one assembled message; larger: a server closes, a client skips it
    size_t skipped_bytes_max = 16u << 20; ///< one message that a client skips; larger: closed
    size_t unsent_bytes_max = 4u << 20;   ///< per socket
    bool resolve_on_worker = true;        ///< names are resolved by a small thread, never on the service thread
};

/// An HTTP request that reached a server of ours.
struct ServedRequest {
    uint64_t id;
    std::string method;
    std::string path;   ///< without query
    std::string accept; ///< Accept header
    std::string host;
    std::string body;                                         ///< at most ServeOptions::body_bytes_max
    std::vector<std::pair<std::string, std::string>> headers; ///< authorization and x-cashu, where sent
};

struct ServeOptions {
    std::string address = "127.0.0.1";
    uint16_t port = 0; ///< 0: the kernel chooses
    size_t body_bytes_max = 1 << 20;
    size_t connections_max = 512;
    /// Called on the net thread: put it into an inbox and return. Null: no WebSocket upgrade is offered.
    std::function<void(SocketEvent)> on_socket;
    /// Same. Null: plain HTTP gets 404.
    std::function<void(ServedRequest)> on_request;
};

class NetThread {
public:
    [[nodiscard]] static Result<std::unique_ptr<NetThread>> create(const NetOptions& options);
    ~NetThread(); ///< closes every socket and joins
    NetThread(const NetThread&) = delete;
    NetThread& operator=(const NetThread&) = delete;

    /// A view for one thread: its sockets' events go to `deliver` (called on the net thread: an inbox put; false if
    /// the inbox is full, then the event is kept, reading stops and it is tried again). The view must not be used
    /// after this object is gone, and what `deliver` touches must outlive it: SocketClosed comes up to the end.
    [[nodiscard]] std::unique_ptr<Sockets> make_client(std::function<bool(SocketEvent&&)> deliver);

    /// Listens; answers the port.
    [[nodiscard]] Result<uint16_t> serve(ServeOptions options);
    /// For accepted sockets, and answers to served requests; from any thread.
    [[nodiscard]] Sockets& accepted();
    void respond(uint64_t request_id, int status, std::string content_type, std::string body);

private:
    struct State;
    explicit NetThread(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

} // namespace berth::net
