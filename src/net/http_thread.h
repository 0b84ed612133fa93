#pragma once
// All calls to mints in flight at once, on one thread with one curl_multi handle.

#include "net/http.h"

#include <cstdint>
#include <functional>
#include <memory>

namespace berth::net {

/// Owns its thread. Answers go to `deliver` on that thread: an inbox put, nothing more.
class HttpThread {
public:
    using Deliver = std::function<void(uint64_t id, HttpResult result)>;

    explicit HttpThread(Deliver deliver);
    ~HttpThread(); ///< aborts what is in flight, without delivering it
    HttpThread(const HttpThread&) = delete;
    HttpThread& operator=(const HttpThread&) = delete;

    /// From any thread. The thread starts with the first one. When 1024 already wait, the answer (unavailable) is
    /// delivered at once, on the caller's thread.
    void send(uint64_t id, HttpRequest request);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace berth::net
