#pragma once
// The Engine calls that a lease needs, issued without berth's own backend: what the Engine itself takes.

#include "net/http_client.h"

#include <string>

namespace berth::bench {

class RawEngine {
public:
    explicit RawEngine(std::string socket) : socket_{std::move(socket)} {}

    /// Makes a network with a subnet of its own, creates a container with a lease's limits on it, and starts it; with
    /// `bare`, on the default bridge. Milliseconds. `number` is below 1000 and not in use.
    [[nodiscard]] Result<double> run(unsigned number, bool bare);
    /// Removes what run() made.
    [[nodiscard]] Result<void> remove(unsigned number, bool bare);

private:
    [[nodiscard]] Result<void> call(const char* method, const std::string& path, std::string body = {});

    const std::string socket_;
    net::HttpClient http_;
};

/// All of `count` leases, `parallel` at a time, then removes them. Milliseconds until the last one runs.
[[nodiscard]] Result<double> run_many(const std::string& socket, unsigned count, unsigned parallel);

} // namespace berth::bench
