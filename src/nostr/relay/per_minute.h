#pragma once
// How often something happened within the minute that began with the first time.

#include "nostr/relay/clock.h"

namespace berth::nostr::relay {

class PerMinute {
public:
    /// Once more; how often in this minute.
    unsigned count(Uptime now)
    {
        if (now - began_ >= std::chrono::minutes{1}) {
            began_ = now;
            times_ = 0;
        }
        return ++times_;
    }

private:
    Uptime began_{};
    unsigned times_ = 0;
};

} // namespace berth::nostr::relay
