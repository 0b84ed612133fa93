#include "net/net_loop.h"

#include "util/check.h"
#include "util/log.h"

#include <openssl/ssl.h>

#include <strings.h>

#include <array>
#include <thread>

namespace berth::net {

namespace {

constexpr size_t kCommandsMax = 65'536;
constexpr unsigned kDescriptorsMax = 1200;
constexpr unsigned short kHeaderBytesMax = 16'384;
constexpr size_t kReceiveBufferBytes = 8192;
constexpr size_t kSendChunkBytes = 65'536;
constexpr lws_usec_t kRetryMicroseconds = 20'000;
constexpr lws_usec_t kDeadlineMicroseconds = 500'000;

void log_line(int, const char* line)
{
    std::string_view text{line};
    while (!text.empty() && text.back() == '\n')
        text.remove_suffix(1);
    log::debug("libwebsockets: {}", text);
}

bool is_websocket_upgrade(lws* wsi)
{
    return strcasecmp(copy_header(wsi, WSI_TOKEN_UPGRADE).c_str(), "websocket") == 0;
}

} // namespace

NetLoop::NetLoop(const NetOptions& options)
    : inbox_{kCommandsMax}, sockets_{options}, resolver_{std::in_place,
                                                         [this](SocketId id, Result<Addresses> addresses) {
                                                             post(ResolvedCommand{.id = id,
                                                                                  .addresses = std::move(addresses)});
                                                         }}
{
    tick_.loop = this;
}

NetLoop::~NetLoop()
{
    resolver_.reset(); // its threads wake the context
    if (context_ != nullptr) {
        lws_sul_cancel(&tick_.sul);
        lws_context_destroy(context_);
    }
    sockets_.close_all("the net thread stops");
}

lws_context_creation_info NetLoop::vhost_info() const
{
    static const std::array<lws_protocols, 2> protocols = [] {
        std::array<lws_protocols, 2> list{};
        list[0].name = "berth";
        list[0].callback = &NetLoop::on_callback;
        list[0].rx_buffer_size = kReceiveBufferBytes;
        list[0].tx_packet_size = kSendChunkBytes;
        return list;
    }();
    lws_context_creation_info info{};
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.protocols = protocols.data();
    info.retry_and_idle_policy = life_signs();
    info.vhost_name = "client";
    info.alpn = "http/1.1";
    return info;
}

Result<void> NetLoop::open()
{
    lws_set_log_level(LLL_ERR, &log_line);
    lws_context_creation_info info = vhost_info();
    info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    info.user = this;
    info.gid = -1;
    info.uid = -1;
    info.fd_limit_per_thread = kDescriptorsMax;
    info.max_http_header_data = kHeaderBytesMax;
    info.server_string = "berth";
    context_ = lws_create_context(&info);
    if (context_ == nullptr)
        return fail(Errc::unavailable, "libwebsockets does not start");
    info.options = 0; // TLS comes with the first wss:// URL: loading the certificate authorities costs megabytes
    client_vhost_ = lws_create_vhost(context_, &info);
    if (client_vhost_ == nullptr)
        return fail(Errc::unavailable, "libwebsockets makes no client");
    // libwebsockets takes http_proxy from the environment; port 0 is its way to say none.
    if (lws_set_proxy(client_vhost_, ":0") != 0)
        log::debug("libwebsockets keeps the proxy of the environment");
    sockets_.attach(context_, client_vhost_);
    return {};
}

Result<void> NetLoop::enable_tls()
{
    if (has_tls_)
        return {};
    lws_context_creation_info info = vhost_info();
    info.options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
    info.ssl_client_options_set = SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1;
    if (lws_init_vhost_client_ssl(&info, client_vhost_) != 0)
        return fail(Errc::unavailable, "TLS does not start");
    has_tls_ = true;
    return {};
}

void NetLoop::post(NetCommand command)
{
    while (!inbox_.put(std::move(command))) {
        lws_cancel_service(context_);
        std::this_thread::yield();
    }
    lws_cancel_service(context_);
}

void NetLoop::run()
{
    while (obey_all()) {
        schedule_tick();
        VERIFY(lws_service(context_, 0) >= 0);
    }
}

bool NetLoop::obey_all()
{
    for (NetCommand& command : inbox_.take_all(std::chrono::steady_clock::now()))
        std::visit([this](auto& known) { obey(std::move(known)); }, command);
    return !is_stopping_;
}

void NetLoop::schedule_tick()
{
    bool is_behind = false;
    for (const auto& sink : sinks_)
        is_behind = is_behind || sink->is_behind();
    lws_usec_t delay = kDeadlineMicroseconds;
    if (sockets_.has_starts())
        delay = 1;
    else if (is_behind)
        delay = kRetryMicroseconds;
    else if (tick_.due != 0 || !sockets_.needs_tick())
        return;
    // Under traffic this runs often, and must not push a tick off that is due already.
    const lws_usec_t due = lws_now_usecs() + delay;
    if (tick_.due != 0 && tick_.due <= due)
        return;
    tick_.due = due;
    lws_sul_schedule(context_, 0, &tick_.sul, &NetLoop::on_tick, delay);
}

void NetLoop::on_tick(lws_sorted_usec_list_t* sul) noexcept
{
    Tick* tick = lws_container_of(sul, Tick, sul);
    NetLoop* loop = tick->loop;
    tick->due = 0;
    for (const auto& sink : loop->sinks_)
        sink->retry();
    loop->sockets_.tick(SocketTable::Clock::now());
    // libwebsockets runs what is due before it waits for traffic: without a next one here it would wait for nothing
    // else.
    loop->schedule_tick();
}

void NetLoop::obey(AddSinkCommand command)
{
    sinks_.push_back(std::move(command.sink));
}

void NetLoop::obey(ConnectCommand command)
{
    if (command.url.starts_with("wss://"))
        if (const Result<void> enabled = enable_tls(); !enabled)
            log::warn("{}", enabled.error().message); // the connect itself then fails, and tells its owner
    const std::string name = sockets_.connect(command.id, command.sink, command.url);
    if (!name.empty() && !resolver_->look_up(command.id, name))
        sockets_.resolved(command.id, fail(Errc::unavailable, "too many names wait to be resolved"));
}

void NetLoop::obey(ResolvedCommand command)
{
    sockets_.resolved(command.id, std::move(command.addresses));
}

void NetLoop::obey(SendCommand command)
{
    sockets_.send_text(command.id, std::move(command.text));
}

void NetLoop::obey(CloseCommand command)
{
    sockets_.close(command.id);
}

void NetLoop::obey(ReadCommand command)
{
    sockets_.set_reading(command.id, command.reading);
}

void NetLoop::obey(ServeCommand command)
{
    command.port.set_value(serve(std::move(command.options)));
}

void NetLoop::obey(RespondCommand command)
{
    requests_.respond(command.request_id, command.status, std::move(command.content_type), std::move(command.body));
}

void NetLoop::obey(StopCommand)
{
    is_stopping_ = true;
}

Result<uint16_t> NetLoop::serve(ServeOptions options)
{
    // Two virtual hosts on one port would share its listening socket, and the first would get all requests.
    for (const auto& server : servers_)
        if (options.port != 0 && options.port == server->port)
            return fail(Errc::conflict, "port {} is served already", options.port);
    auto put = [on_socket = options.on_socket](SocketEvent&& event) {
        on_socket(std::move(event));
        return true;
    };
    servers_.push_back(std::make_unique<Server>(Server{.loop = this,
                                                       .options = std::move(options),
                                                       .name = fmt::format("server-{}", servers_.size()),
                                                       .sink = EventSink{std::move(put)},
                                                       .port = 0,
                                                       .connections = {}}));
    Server& server = *servers_.back();
    lws_context_creation_info info = vhost_info();
    info.vhost_name = server.name.c_str();
    info.user = &server;
    info.port = server.options.port;
    info.options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND;
    if (server.options.address.find(':') == std::string::npos)
        info.options |= LWS_SERVER_OPTION_DISABLE_IPV6;
    if (server.options.address != "0.0.0.0" && server.options.address != "::")
        info.iface = server.options.address.c_str();
    lws_vhost* vhost = lws_create_vhost(context_, &info);
    if (vhost == nullptr)
        return fail(Errc::unavailable,
                    "cannot listen on {} port {}: in use, not allowed, or no address of this machine",
                    server.options.address, server.options.port);
    server.port = static_cast<uint16_t>(lws_get_vhost_listen_port(vhost));
    return server.port;
}

int NetLoop::on_callback(lws* wsi, lws_callback_reasons reason, void*, void* in, size_t length) noexcept
{
    lws_context* context = wsi == nullptr ? nullptr : lws_get_context(wsi);
    if (context == nullptr)
        return 0;
    auto* loop = static_cast<NetLoop*>(lws_context_user(context));
    const std::string_view data{static_cast<const char*>(in), in == nullptr ? 0 : length};
    lws_vhost* vhost = lws_get_vhost(wsi);
    if (vhost == nullptr || vhost == loop->client_vhost_)
        return loop->dispatch(wsi, reason, data);
    return loop->dispatch_server(wsi, reason, data, *static_cast<Server*>(lws_vhost_user(vhost)));
}

int NetLoop::dispatch(lws* wsi, lws_callback_reasons reason, std::string_view data)
{
    switch (reason) {
    case LWS_CALLBACK_CLIENT_HTTP_REDIRECT:
        return -1;
    case LWS_CALLBACK_CLIENT_FILTER_PRE_ESTABLISH:
        sockets_.on_handshake_answer(wsi);
        return 0;
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        sockets_.on_open(wsi);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE:
        sockets_.on_frame(wsi, data);
        return 0;
    case LWS_CALLBACK_CLIENT_RECEIVE_PONG:
        sockets_.on_pong(wsi);
        return 0;
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        return sockets_.on_writable(wsi);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        sockets_.on_peer_close(wsi, data);
        return 0;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        sockets_.on_connect_failed(wsi, data);
        return 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_WSI_DESTROY:
        sockets_.on_gone(wsi);
        return 0;
    default:
        return 0;
    }
}

int NetLoop::dispatch_server(lws* wsi, lws_callback_reasons reason, std::string_view data, Server& server)
{
    switch (reason) {
    case LWS_CALLBACK_FILTER_NETWORK_CONNECTION:
        return server.connections.size() >= server.options.connections_max ? -1 : 0;
    case LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED:
        server.connections.insert(wsi);
        return 0;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        if (is_websocket_upgrade(wsi) && server.options.on_socket)
            return 0;
        return lws_return_http_status(wsi, HTTP_STATUS_NOT_FOUND, nullptr) != 0 ? -1 : 1;
    case LWS_CALLBACK_ESTABLISHED:
        sockets_.on_accepted(wsi, next_id_++, &server.sink);
        return 0;
    case LWS_CALLBACK_RECEIVE:
        sockets_.on_frame(wsi, data);
        return 0;
    case LWS_CALLBACK_RECEIVE_PONG:
        sockets_.on_pong(wsi);
        return 0;
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return sockets_.on_writable(wsi);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
        sockets_.on_peer_close(wsi, data);
        return 0;
    case LWS_CALLBACK_HTTP:
        return requests_.on_request(wsi, next_id_++, server.options);
    case LWS_CALLBACK_HTTP_BODY:
        return requests_.on_body(wsi, data);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        return requests_.on_body_complete(wsi);
    case LWS_CALLBACK_HTTP_WRITEABLE:
        return requests_.on_writable(wsi);
    case LWS_CALLBACK_CLOSED:
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_WSI_DESTROY:
        server.connections.erase(wsi);
        sockets_.on_gone(wsi);
        requests_.on_gone(wsi);
        return 0;
    default:
        return 0;
    }
}

} // namespace berth::net
