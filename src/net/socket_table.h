#pragma once
// Every WebSocket of the net thread, from connect() or accept to its one SocketClosed. Internal to net; all calls come
// from the service thread. An entry goes when lws reports the end, or at once while it has no lws connection.
//
//   resolving ──► connecting ──► open ──► closing ──► (gone)
//                 ▲        │              flushes what waits, then says goodbye
//                 └────────┘ the next address

#include "net/event_sink.h"
#include "net/net_thread.h"
#include "net/resolver.h"
#include "net/websocket_url.h"

#include <libwebsockets.h>

#include <chrono>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace berth::net {

/// Pings after 25 s of silence, and hangs up after 75 s.
[[nodiscard]] const lws_retry_bo_t* life_signs();

/// Reads a header while lws still has it; empty if absent or longer than 8 KiB.
[[nodiscard]] std::string copy_header(lws* wsi, lws_token_indexes token);

class SocketTable {
public:
    using Clock = std::chrono::steady_clock;

    explicit SocketTable(const NetOptions& options) : options_{options} {}

    /// Both may be set once only, before the first connect.
    void attach(lws_context* context, lws_vhost* client_vhost);

    // What other threads asked for. Unknown ids belong to sockets that are gone, and are ignored.
    /// The name to look up, or empty if there is none: the socket then connects by itself, or is closed already.
    [[nodiscard]] std::string connect(SocketId id, EventSink* sink, const std::string& url);
    void resolved(SocketId id, Result<Addresses> addresses);
    void send_text(SocketId id, std::string text);
    void close(SocketId id);
    void set_reading(SocketId id, bool reading);

    // What lws reports. An int is the callback's answer: -1 closes.
    void on_handshake_answer(lws* wsi);
    void on_open(lws* wsi);
    void on_accepted(lws* wsi, SocketId id, EventSink* sink);
    void on_frame(lws* wsi, std::string_view piece);
    void on_pong(lws* wsi);
    [[nodiscard]] int on_writable(lws* wsi);
    void on_peer_close(lws* wsi, std::string_view payload);
    void on_connect_failed(lws* wsi, std::string_view reason);
    void on_gone(lws* wsi);

    /// Retries connects, expires deadlines, and lets sockets read again whose sink has caught up.
    void tick(Clock::time_point now);
    [[nodiscard]] bool needs_tick() const;                               ///< there is a deadline running
    [[nodiscard]] bool has_starts() const { return !to_start_.empty(); } ///< a tick is due at once
    /// Ends whatever lws has not ended.
    void close_all(std::string_view reason);

private:
    enum class Phase { resolving, connecting, open, closing };
    struct Socket {
        SocketId id;
        EventSink* sink;
        Phase phase;
        lws* wsi = nullptr;
        WebSocketUrl url{};
        Addresses addresses{};        ///< not yet tried
        Clock::time_point deadline{}; ///< while connecting or closing
        bool is_accepted = false;     ///< a client's, at a server of ours
        std::string incoming{};       ///< the message so far
        size_t skipped_bytes = 0;     ///< of a message that is too large, so far
        std::deque<std::string> outgoing{};
        size_t unsent_bytes = 0;
        bool wants_reading = true;
        bool is_held = false; ///< not read until its sink catches up
        Clock::time_point last_alive{};
        SocketOpened opened{};
        SocketClosed closed{}; ///< filled in as the reasons become known
        lws_close_status goodbye = LWS_CLOSE_STATUS_NORMAL;
    };

    [[nodiscard]] Socket* find(SocketId id);
    [[nodiscard]] Socket* find(lws* wsi);
    void offer(Socket& socket, SocketEvent&& event);
    void apply_reading(Socket& socket);
    void start_next(Socket& socket);
    void finish(Socket& socket);
    void kill(Socket& socket, std::string_view reason);
    void refuse(Socket& socket, lws_close_status status, std::string_view reason);
    void skip(Socket& socket, size_t bytes, bool is_last);

    const NetOptions options_;
    lws_context* context_ = nullptr;
    lws_vhost* client_vhost_ = nullptr;
    std::map<SocketId, Socket> sockets_;
    std::vector<SocketId> to_start_;
    SocketId starting_ = 0; ///< within lws_client_connect_via_info, which may call back at once
};

} // namespace berth::net
