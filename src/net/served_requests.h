#pragma once
// HTTP requests to our servers, from their first byte to the last one of the answer. Internal to net; all calls come
// from the service thread. One answer per request; an answer whose client went away is dropped.

#include "net/net_thread.h"

#include <libwebsockets.h>

#include <map>
#include <string>
#include <string_view>

namespace berth::net {

class ServedRequests {
public:
    // What lws reports. The answer is the callback's: -1 closes.
    [[nodiscard]] int on_request(lws* wsi, uint64_t id, const ServeOptions& options);
    [[nodiscard]] int on_body(lws* wsi, std::string_view piece);
    [[nodiscard]] int on_body_complete(lws* wsi);
    [[nodiscard]] int on_writable(lws* wsi);
    void on_gone(lws* wsi);

    /// From another thread, through the net thread's inbox.
    void respond(uint64_t id, int status, std::string content_type, std::string body);

private:
    enum class Phase { receiving, waiting, headers, body };
    struct Exchange {
        lws* wsi;
        const ServeOptions* options; ///< of the server, which outlives its connections
        Phase phase = Phase::receiving;
        ServedRequest request{};
        int status = 0;
        bool is_head = false;
        std::string content_type{};
        std::string answer{};
    };

    [[nodiscard]] Exchange* find(lws* wsi);
    void hand_over(Exchange& exchange);
    void answer(Exchange& exchange, int status, std::string content_type, std::string body);
    [[nodiscard]] int write_headers(Exchange& exchange);
    [[nodiscard]] int write_body(Exchange& exchange);
    [[nodiscard]] int complete(Exchange& exchange);

    std::map<uint64_t, Exchange> exchanges_;
};

} // namespace berth::net
