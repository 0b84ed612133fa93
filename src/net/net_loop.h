#pragma once
// The service thread's own side of NetThread: the libwebsockets context, its servers, and the dispatch of callbacks.
// Internal to net. Everything but post() runs on the service thread.

#include "net/net_commands.h"
#include "net/served_requests.h"
#include "net/socket_table.h"
#include "util/inbox.h"

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace berth::net {

class NetLoop {
public:
    explicit NetLoop(const NetOptions& options);
    ~NetLoop(); ///< closes every socket
    NetLoop(const NetLoop&) = delete;
    NetLoop& operator=(const NetLoop&) = delete;

    [[nodiscard]] Result<void> open();
    void run(); ///< until a StopCommand

    /// From any thread. Waits while the inbox is full.
    void post(NetCommand command);

private:
    struct Server {
        NetLoop* loop;
        ServeOptions options;
        std::string name;
        EventSink sink;
        uint16_t port; ///< 0 until it listens
        std::set<lws*> connections;
    };
    struct Tick {
        lws_sorted_usec_list_t sul;
        NetLoop* loop;
        lws_usec_t due; ///< 0: not scheduled
    };

    static int on_callback(lws* wsi, lws_callback_reasons reason, void* user, void* in, size_t length) noexcept;
    static void on_tick(lws_sorted_usec_list_t* sul) noexcept;

    [[nodiscard]] int dispatch(lws* wsi, lws_callback_reasons reason, std::string_view data);
    [[nodiscard]] int dispatch_server(lws* wsi, lws_callback_reasons reason, std::string_view data, Server& server);
    [[nodiscard]] bool obey_all(); ///< false: stop
    void schedule_tick();
    [[nodiscard]] Result<void> enable_tls();
    [[nodiscard]] lws_context_creation_info vhost_info() const;

    void obey(AddSinkCommand command);
    void obey(ConnectCommand command);
    void obey(ResolvedCommand command);
    void obey(SendCommand command);
    void obey(CloseCommand command);
    void obey(ReadCommand command);
    void obey(ServeCommand command);
    void obey(RespondCommand command);
    void obey(StopCommand);
    [[nodiscard]] Result<uint16_t> serve(ServeOptions options);

    Inbox<NetCommand> inbox_;
    lws_context* context_ = nullptr; ///< constant while the thread runs
    lws_vhost* client_vhost_ = nullptr;
    SocketTable sockets_;
    ServedRequests requests_;
    std::vector<std::unique_ptr<EventSink>> sinks_;
    std::vector<std::unique_ptr<Server>> servers_;
    Tick tick_{};
    bool has_tls_ = false;
    bool is_stopping_ = false;
    uint64_t next_id_ = uint64_t{1} << 62; ///< apart from the ids that clients choose
    std::optional<Resolver> resolver_;     ///< its threads post into the inbox and wake the context
};

} // namespace berth::net
