#pragma once
// ws:// and wss:// URLs, taken apart for a connection.

#include "util/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace berth::net {

struct WebSocketUrl {
    bool is_tls;
    std::string host; ///< a name, or a number without brackets
    uint16_t port;
    std::string path;        ///< with the query
    std::string host_header; ///< carries the port unless it is the scheme's own
};

/// No user info, no fragment, no blanks.
[[nodiscard]] Result<WebSocketUrl> parse_websocket_url(std::string_view text);

} // namespace berth::net
