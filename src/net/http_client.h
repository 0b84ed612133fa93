#pragma once
// A blocking HTTP client for worker threads (libcurl easy handle, connection kept between calls).

#include "net/http.h"

#include <memory>
#include <string_view>

namespace berth::net {

class HttpClient {
public:
    HttpClient();
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    [[nodiscard]] HttpResult send(const HttpRequest& request);

    /// Streams the body piece by piece (pulls, logs, the Engine's events). `piece` returns false to hang up, which is
    /// not an error; it is also called with an empty view about once a second, so that it can stop a silent stream.
    /// With a timeout of 0 the stream runs until the peer or `piece` ends it. The response's body stays empty when the
    /// status is 2xx.
    [[nodiscard]] HttpResult stream(const HttpRequest& request, const std::function<bool(std::string_view)>& piece);

private:
    void* easy_; ///< CURL*
};

} // namespace berth::net
