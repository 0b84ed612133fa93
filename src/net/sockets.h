#pragma once
// WebSocket connections as values: what a thread asks of the net thread, and what it hears back.
// Knows bytes, not Nostr. The implementation is net_thread.h (libwebsockets); tests bring fakes.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

namespace berth::net {

/// Chosen by whoever connects (or by the server for accepted sockets), never used twice in a process.
using SocketId = uint64_t;

struct SocketOpened {
    SocketId id;
    std::string date; ///< the handshake's Date header, empty if absent
};
struct SocketText {
    SocketId id;
    std::string text; ///< one whole text message
};
/// A message that is larger than this program reads. Its sender may be handing on what somebody else wrote.
struct SocketSkipped {
    SocketId id;
    size_t bytes;
};
/// Any sign of life that is no message: a PONG.
struct SocketAlive {
    SocketId id;
};
/// The end, exactly once for each connect() or accepted socket, also when it never opened.
struct SocketClosed {
    SocketId id;
    std::string reason;
    int http_status = 0;     ///< of a refused handshake, 0 if none
    std::string retry_after; ///< of a refused handshake
};
/// A server's new connection.
struct SocketAccepted {
    SocketId id;
    std::string peer; ///< numeric address
    std::string host; ///< the Host header of the handshake
};
using SocketEvent = std::variant<SocketOpened, SocketText, SocketSkipped, SocketAlive, SocketClosed, SocketAccepted>;

/// What a thread may ask. Calls return at once; results arrive as SocketEvents in that thread's inbox.
class Sockets {
public:
    virtual ~Sockets() = default;
    /// ws:// or wss:// URL. Name look-up, TCP, TLS and upgrade within 20 s, else SocketClosed.
    virtual void connect(SocketId id, const std::string& url) = 0;
    /// Beyond 4 MiB unsent the socket is closed ("slow reader").
    virtual void send_text(SocketId id, std::string text) = 0;
    virtual void close(SocketId id) = 0;
    /// Stops and resumes reading (TCP back-pressure), for a full inbox.
    virtual void set_reading(SocketId id, bool reading) = 0;
};

} // namespace berth::net
