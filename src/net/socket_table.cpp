#include "net/socket_table.h"

#include "util/check.h"

#include <algorithm>
#include <array>
#include <memory>

namespace berth::net {

namespace {

constexpr std::chrono::seconds kConnectTimeout{20};
constexpr std::chrono::seconds kCloseTimeout{5};
constexpr std::chrono::seconds kAliveInterval{1};
constexpr size_t kHeaderBytesMax = 8192;

constexpr lws_retry_bo_t kLifeSigns{.retry_ms_table = nullptr,
                                    .retry_ms_table_count = 0,
                                    .conceal_count = 0,
                                    .secs_since_valid_ping = 25,
                                    .secs_since_valid_hangup = 75,
                                    .jitter_percent = 0};

void* to_opaque(SocketId id)
{
    return reinterpret_cast<void*>(static_cast<uintptr_t>(id));
}

SocketId from_opaque(void* opaque)
{
    return static_cast<SocketId>(reinterpret_cast<uintptr_t>(opaque));
}

} // namespace

const lws_retry_bo_t* life_signs()
{
    return &kLifeSigns;
}

std::string copy_header(lws* wsi, lws_token_indexes token)
{
    const int length = lws_hdr_total_length(wsi, token);
    if (length <= 0 || static_cast<size_t>(length) > kHeaderBytesMax)
        return {};
    std::string value(static_cast<size_t>(length) + 1, '\0');
    const int copied = lws_hdr_copy(wsi, value.data(), length + 1, token);
    value.resize(copied < 0 ? 0 : static_cast<size_t>(copied));
    return value;
}

void SocketTable::attach(lws_context* context, lws_vhost* client_vhost)
{
    context_ = context;
    client_vhost_ = client_vhost;
}

SocketTable::Socket* SocketTable::find(SocketId id)
{
    const auto found = sockets_.find(id);
    return found == sockets_.end() ? nullptr : &found->second;
}

/// An earlier attempt of the same socket may still be on its way out: its connection is not ours any more.
SocketTable::Socket* SocketTable::find(lws* wsi)
{
    Socket* socket = find(from_opaque(lws_get_opaque_user_data(wsi)));
    return socket != nullptr && socket->wsi == wsi ? socket : nullptr;
}

void SocketTable::offer(Socket& socket, SocketEvent&& event)
{
    if (socket.sink->offer(std::move(event)) || socket.is_held)
        return;
    socket.is_held = true;
    apply_reading(socket);
}

void SocketTable::apply_reading(Socket& socket)
{
    if (socket.wsi != nullptr && (socket.phase == Phase::open || socket.phase == Phase::closing))
        (void)lws_rx_flow_control(socket.wsi, socket.wants_reading && !socket.is_held ? 1 : 0);
}

std::string SocketTable::connect(SocketId id, EventSink* sink, const std::string& url)
{
    const auto [entry, is_new] = sockets_.try_emplace(id, Socket{.id = id, .sink = sink, .phase = Phase::resolving});
    VERIFY(is_new);
    Socket& socket = entry->second;
    socket.deadline = Clock::now() + kConnectTimeout;
    socket.opened.id = id;
    socket.closed.id = id;
    Result<WebSocketUrl> parsed = parse_websocket_url(url);
    if (!parsed) {
        socket.closed.reason = parsed.error().message;
        finish(socket);
        return {};
    }
    socket.url = std::move(*parsed);
    if (options_.resolve_on_worker && !is_numeric_address(socket.url.host))
        return socket.url.host;
    resolved(id, Addresses{socket.url.host});
    return {};
}

void SocketTable::resolved(SocketId id, Result<Addresses> addresses)
{
    Socket* socket = find(id);
    if (socket == nullptr)
        return;
    if (!addresses) {
        socket->closed.reason = addresses.error().message;
        finish(*socket);
        return;
    }
    socket->phase = Phase::connecting;
    socket->addresses = std::move(*addresses);
    start_next(*socket);
}

void SocketTable::start_next(Socket& socket)
{
    VERIFY(!socket.addresses.empty());
    const std::string address = socket.addresses.front();
    socket.addresses.erase(socket.addresses.begin());

    lws_client_connect_info info{};
    info.context = context_;
    info.vhost = client_vhost_;
    info.address = address.c_str();
    info.port = socket.url.port;
    info.path = socket.url.path.c_str();
    info.host = socket.url.host_header.c_str();
    info.ssl_connection = LCCSCF_HTTP_NO_FOLLOW_REDIRECT | (socket.url.is_tls ? LCCSCF_USE_SSL : 0);
    info.alpn = "http/1.1";
    info.local_protocol_name = "berth";
    info.ietf_version_or_minus_one = -1;
    info.opaque_user_data = to_opaque(socket.id);
    info.retry_and_idle_policy = &kLifeSigns;
    info.pwsi = &socket.wsi;

    starting_ = socket.id;
    lws* started = lws_client_connect_via_info(&info);
    starting_ = 0;
    if (started != nullptr)
        return;
    socket.wsi = nullptr;
    if (socket.closed.reason.empty())
        socket.closed.reason = "cannot connect";
    if (socket.addresses.empty())
        finish(socket);
    else
        to_start_.push_back(socket.id);
}

void SocketTable::send_text(SocketId id, std::string text)
{
    Socket* socket = find(id);
    if (socket == nullptr || socket->phase == Phase::closing)
        return;
    socket->unsent_bytes += text.size();
    socket->outgoing.push_back(std::move(text));
    if (socket->unsent_bytes > options_.unsent_bytes_max)
        kill(*socket, "slow reader");
    else if (socket->phase == Phase::open)
        (void)lws_callback_on_writable(socket->wsi);
}

void SocketTable::close(SocketId id)
{
    Socket* socket = find(id);
    if (socket == nullptr || socket->phase == Phase::closing)
        return;
    if (socket->phase != Phase::open) {
        kill(*socket, "closed");
        return;
    }
    socket->closed.reason = "closed";
    socket->phase = Phase::closing;
    socket->deadline = Clock::now() + kCloseTimeout;
    (void)lws_callback_on_writable(socket->wsi);
}

void SocketTable::set_reading(SocketId id, bool reading)
{
    Socket* socket = find(id);
    if (socket == nullptr || socket->wants_reading == reading)
        return;
    socket->wants_reading = reading;
    apply_reading(*socket);
}

void SocketTable::on_handshake_answer(lws* wsi)
{
    if (Socket* socket = find(wsi))
        socket->opened.date = copy_header(wsi, WSI_TOKEN_HTTP_DATE);
}

void SocketTable::on_open(lws* wsi)
{
    Socket* socket = find(wsi);
    if (socket == nullptr)
        return;
    socket->phase = Phase::open;
    socket->closed = SocketClosed{.id = socket->id, .reason = {}, .http_status = 0, .retry_after = {}};
    offer(*socket, SocketOpened{socket->opened});
    apply_reading(*socket);
    if (!socket->outgoing.empty())
        (void)lws_callback_on_writable(wsi);
}

void SocketTable::on_accepted(lws* wsi, SocketId id, EventSink* sink)
{
    lws_set_opaque_user_data(wsi, to_opaque(id));
    const auto [entry, is_new] = sockets_.try_emplace(id, Socket{.id = id, .sink = sink, .phase = Phase::open});
    VERIFY(is_new);
    Socket& socket = entry->second;
    socket.wsi = wsi;
    socket.is_accepted = true;
    socket.closed.id = id;
    std::array<char, 64> peer{};
    (void)lws_get_peer_simple(wsi, peer.data(), peer.size());
    offer(socket, SocketAccepted{.id = id, .peer = peer.data(), .host = copy_header(wsi, WSI_TOKEN_HOST)});
}

/// The goodbye is said when the socket may be written to, never by failing the callback that brought a piece:
/// libwebsockets 4.1 leaves its receive buffer full then, reads on while it waits for the peer's goodbye, and writes
/// past the buffer.
void SocketTable::refuse(Socket& socket, lws_close_status status, std::string_view reason)
{
    socket.closed.reason = reason;
    socket.goodbye = status;
    socket.phase = Phase::closing;
    socket.deadline = Clock::now() + kCloseTimeout;
    socket.incoming = {};
    socket.outgoing.clear();
    socket.unsent_bytes = 0;
    (void)lws_callback_on_writable(socket.wsi);
}

/// A server that passes on what others wrote is not to blame for its size: leaving it would leave it for ever, since it
/// sends the same again.
void SocketTable::skip(Socket& socket, size_t bytes, bool is_last)
{
    socket.skipped_bytes += std::exchange(socket.incoming, {}).size() + bytes;
    if (socket.is_accepted || socket.skipped_bytes > options_.skipped_bytes_max) {
        refuse(socket, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, "message too large");
        return;
    }
    if (is_last)
        offer(socket, SocketSkipped{.id = socket.id, .bytes = std::exchange(socket.skipped_bytes, 0)});
}

void SocketTable::on_frame(lws* wsi, std::string_view piece)
{
    lws_validity_confirmed(wsi);
    Socket* socket = find(wsi);
    if (socket == nullptr || socket->phase != Phase::open)
        return;
    if (lws_frame_is_binary(wsi) != 0) {
        refuse(*socket, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE, "binary frame");
        return;
    }
    const bool is_last = lws_is_final_fragment(wsi) != 0;
    if (socket->skipped_bytes > 0 || piece.size() > options_.frame_bytes_max - socket->incoming.size()) {
        skip(*socket, piece.size(), is_last);
        return;
    }
    socket->incoming.append(piece);
    if (is_last)
        offer(*socket, SocketText{.id = socket->id, .text = std::exchange(socket->incoming, {})});
}

/// A PONG adds nothing to messages that still wait, and a peer may send as many as it likes.
void SocketTable::on_pong(lws* wsi)
{
    lws_validity_confirmed(wsi);
    Socket* socket = find(wsi);
    const auto now = Clock::now();
    if (socket == nullptr || socket->sink->is_behind() || now - socket->last_alive < kAliveInterval)
        return;
    socket->last_alive = now;
    offer(*socket, SocketAlive{socket->id});
}

int SocketTable::on_writable(lws* wsi)
{
    Socket* socket = find(wsi);
    if (socket == nullptr)
        return 0;
    if (socket->outgoing.empty()) {
        if (socket->phase != Phase::closing)
            return 0;
        std::string reason = socket->goodbye == LWS_CLOSE_STATUS_NORMAL ? std::string{} : socket->closed.reason;
        lws_close_reason(wsi, socket->goodbye, reinterpret_cast<unsigned char*>(reason.data()), reason.size());
        return -1;
    }
    const std::string text = std::move(socket->outgoing.front());
    socket->outgoing.pop_front();
    socket->unsent_bytes -= text.size();
    std::string frame(LWS_PRE, '\0');
    frame += text;
    if (lws_write(wsi, reinterpret_cast<unsigned char*>(frame.data() + LWS_PRE), text.size(), LWS_WRITE_TEXT) < 0)
        return -1;
    if (!socket->outgoing.empty() || socket->phase == Phase::closing)
        (void)lws_callback_on_writable(wsi);
    return 0;
}

void SocketTable::on_peer_close(lws* wsi, std::string_view payload)
{
    Socket* socket = find(wsi);
    if (socket == nullptr || !socket->closed.reason.empty())
        return;
    socket->closed.reason = "closed by the peer";
    if (payload.size() < 2)
        return;
    const int code = static_cast<uint8_t>(payload[0]) * 256 + static_cast<uint8_t>(payload[1]);
    socket->closed.reason += fmt::format(" ({}) {}", code, payload.substr(2));
}

void SocketTable::on_connect_failed(lws* wsi, std::string_view reason)
{
    const SocketId id = from_opaque(lws_get_opaque_user_data(wsi));
    Socket* socket = find(id);
    if (socket == nullptr || (socket->wsi != wsi && starting_ != id))
        return;
    const int status = static_cast<int>(lws_http_client_http_response(wsi));
    if (socket->closed.reason.empty())
        socket->closed.reason = reason.empty() ? "cannot connect" : std::string{reason};
    socket->closed.http_status = status;
    if (status != 0) {
        socket->closed.reason = fmt::format("answers the handshake with HTTP status {}", status);
        socket->closed.retry_after = copy_header(wsi, WSI_TOKEN_HTTP_RETRY_AFTER);
    }
    if (starting_ == id)
        return; // start_next goes on from here
    socket->wsi = nullptr;
    if (status != 0 || socket->addresses.empty() || socket->phase != Phase::connecting)
        finish(*socket);
    else
        to_start_.push_back(id);
}

void SocketTable::on_gone(lws* wsi)
{
    Socket* socket = find(wsi);
    if (socket == nullptr || starting_ == socket->id)
        return;
    if (socket->closed.reason.empty())
        socket->closed.reason = "connection lost";
    finish(*socket);
}

/// For good: what lws still reports of this connection finds no entry.
void SocketTable::finish(Socket& socket)
{
    EventSink* sink = socket.sink;
    SocketClosed closed = std::move(socket.closed);
    sockets_.erase(socket.id);
    (void)sink->offer(std::move(closed));
}

void SocketTable::kill(Socket& socket, std::string_view reason)
{
    socket.closed.reason = reason;
    if (socket.wsi != nullptr)
        lws_set_timeout(socket.wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    finish(socket);
}

void SocketTable::tick(Clock::time_point now)
{
    for (const SocketId id : std::exchange(to_start_, {}))
        if (Socket* socket = find(id))
            start_next(*socket);
    for (auto entry = sockets_.begin(); entry != sockets_.end();) {
        Socket& socket = (entry++)->second; // kill erases it
        if (socket.is_held && !socket.sink->is_behind()) {
            socket.is_held = false;
            apply_reading(socket);
        }
        if (socket.phase != Phase::open && now >= socket.deadline)
            kill(socket, socket.phase == Phase::closing ? socket.closed.reason : "timed out while connecting");
    }
}

bool SocketTable::needs_tick() const
{
    return std::any_of(sockets_.begin(), sockets_.end(),
                       [](const auto& entry) { return entry.second.phase != Phase::open || entry.second.is_held; });
}

void SocketTable::close_all(std::string_view reason)
{
    while (!sockets_.empty()) {
        Socket& socket = sockets_.begin()->second;
        socket.closed.reason = reason;
        finish(socket);
    }
}

} // namespace berth::net
