#pragma once
// Looks names up away from the net thread, since getaddrinfo blocks for as long as a name server likes.

#include "util/inbox.h"
#include "util/result.h"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace berth::net {

/// Numeric addresses, best first; never empty.
using Addresses = std::vector<std::string>;

class Resolver {
public:
    using Deliver = std::function<void(uint64_t id, Result<Addresses> addresses)>;

    /// `deliver` is called on the resolver's threads.
    explicit Resolver(Deliver deliver);
    ~Resolver(); ///< waits for the look-ups that run, and drops the others
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    /// False when too many wait. The threads start with the first call.
    [[nodiscard]] bool look_up(uint64_t id, std::string host);

private:
    struct Question {
        uint64_t id;
        std::string host;
    };
    using Message = std::optional<Question>; ///< nothing: stop

    static constexpr size_t kWaitingMax = 256;
    struct Lane {
        Inbox<Message> inbox{kWaitingMax + 1}; ///< with a reserved place for the message that stops
        std::thread thread;
    };

    void run(Lane& lane);

    Deliver deliver_;
    std::array<Lane, 2> lanes_; ///< one dead name server must not hold up every name
};

/// True if the text is an IPv4 or IPv6 address already.
[[nodiscard]] bool is_numeric_address(const std::string& host);

} // namespace berth::net
