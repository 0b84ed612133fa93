#pragma once
// Where one thread's socket events go. Keeps, in order, what that thread's inbox had no room for.

#include "net/sockets.h"

#include <deque>
#include <functional>
#include <utility>

namespace berth::net {

class EventSink {
public:
    using Deliver = std::function<bool(SocketEvent&&)>;
    explicit EventSink(Deliver deliver) : deliver_{std::move(deliver)} {}

    /// Delivers the event, now or at a later retry(). False when it had to be kept.
    bool offer(SocketEvent&& event)
    {
        if (kept_.empty() && deliver_(std::move(event)))
            return true;
        kept_.push_back(std::move(event)); // a refused event is still ours
        return false;
    }

    /// Delivers what was kept, as far as there is room.
    void retry()
    {
        while (!kept_.empty() && deliver_(std::move(kept_.front())))
            kept_.pop_front();
    }

    [[nodiscard]] bool is_behind() const { return !kept_.empty(); }

private:
    Deliver deliver_;
    std::deque<SocketEvent> kept_;
};

} // namespace berth::net
