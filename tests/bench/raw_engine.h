#pragma once
// The Engine calls that a lease needs, issued without berth's own backend: what the Engine itself takes.

#include "net/http_client.h"

#include <string>

namespace berth::bench {

enum class RawNetwork {
    none,       ///< the Engine's default bridge: bare
    in_line,    ///< one of its own, made while the clock runs
    kept_ready, ///< one of its own, made before
};

class RawEngine {
public:
    explicit RawEngine(std::string socket) : socket_{std::move(socket)} {}

    /// Creates a container with a lease's limits, on a network with a subnet of its own or on the default bridge, and
    /// starts it. Milliseconds. `number` is below 300 and not in use.
    [[nodiscard]] Result<double> run(unsigned number, RawNetwork network);
    /// Removes what run() made.
    [[nodiscard]] Result<void> remove(unsigned number, RawNetwork network);
    [[nodiscard]] Result<double> run_and_remove(unsigned number, RawNetwork network);

private:
    [[nodiscard]] Result<void> make_network(unsigned number);
    [[nodiscard]] Result<void> call(const char* method, const std::string& path, std::string body = {});

    const std::string socket_;
    net::HttpClient http_;
};

/// All of `count` leases, `parallel` at a time, then removes them. Milliseconds until the last one runs.
[[nodiscard]] Result<double> run_many(const std::string& socket, unsigned count, unsigned parallel);

} // namespace berth::bench
