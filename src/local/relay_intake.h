#pragma once
// Where the net thread leaves what reaches the embedded relay, for the relay's own thread. Bounded: beyond half of its
// room a client is read no further, until the relay has caught up.

#include "net/net_thread.h"
#include "util/inbox.h"

#include <atomic>
#include <unordered_set>
#include <variant>

namespace berth::local {

struct RelayStop {};
struct RelaySocketEvent {
    net::SocketEvent event;
    bool paused = false; ///< reading was stopped with this event; resume once it is handled
};
using RelayMessage = std::variant<RelaySocketEvent, net::ServedRequest, RelayStop>;

class RelayIntake {
public:
    RelayIntake(net::NetThread& net, size_t connections_max);

    /// On the net thread.
    void on_socket(net::SocketEvent event);
    void on_request(net::ServedRequest request);

    /// From any thread, once: the last message.
    void stop()
    {
        stopped_ = true;
        inbox_.put_reserved(RelayStop{});
    }

    /// On the relay's thread.
    [[nodiscard]] std::vector<RelayMessage> take_all(std::chrono::steady_clock::time_point deadline)
    {
        return inbox_.take_all(deadline);
    }

private:
    void admit(const net::SocketAccepted& accepted);

    net::NetThread& net_;
    Inbox<RelayMessage> inbox_;
    std::atomic<bool> stopped_ = false;          ///< newcomers are turned away
    std::unordered_set<net::SocketId> admitted_; ///< net thread only; each has a place reserved for its end
};

} // namespace berth::local
