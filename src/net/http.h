#pragma once
// The HTTP client's values and its interface, as core sees it. Bytes in, bytes out; TLS, Unix sockets, deadlines and
// caps are the implementation's business (http_client.h, http_thread.h, both on libcurl). Redirects are never followed.

#include "util/result.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace berth::net {

struct HttpRequest {
    std::string method = "GET";
    std::string url;
    std::string unix_socket;                                  ///< path; empty for TCP
    std::vector<std::pair<std::string, std::string>> headers; ///< name, value
    std::string body;                                         ///< sent for POST and PUT
    std::chrono::milliseconds connect_timeout{10'000};
    std::chrono::milliseconds timeout{30'000};  ///< for the whole exchange; 0: none
    size_t response_bytes_max = 1 << 20;        ///< decoded bytes
    std::string socks5_proxy;                   ///< host:port, which resolves the name too; or empty
    const std::atomic<bool>* hang_up = nullptr; ///< given up within a second once it is true
};

struct HttpResponse {
    int status = 0;
    std::string body;
    std::string content_type;
    std::string retry_after; ///< the header as sent; empty if absent
    std::string date;        ///< the header as sent; empty if absent
};

/// Failures: unavailable when nothing was sent (no connection), outcome_unknown once bytes may have left,
/// bad_input for an answer beyond the cap or not HTTP.
using HttpResult = Result<HttpResponse>;

/// An HTTP client for the core thread: send returns at once, `done` is called later on the core thread.
class Http {
public:
    virtual ~Http() = default;
    virtual void send(HttpRequest request, std::function<void(HttpResult)> done) = 0;
};

} // namespace berth::net
