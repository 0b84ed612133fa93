#pragma once
// Growing delays: min(cap, base · 2^k), with jitter where many clients would otherwise return at once.

#include "crypto/random.h"
#include "nostr/relay/clock.h"

#include <algorithm>

namespace berth::nostr::relay {

class Backoff {
public:
    Backoff(Uptime base, Uptime cap) : base_{base}, cap_{cap} {}

    /// The delay after one more failure.
    Uptime next()
    {
        const unsigned doublings = std::min(failures_, kDoublingsMax);
        ++failures_;
        return std::min(cap_, base_ * (int64_t{1} << doublings));
    }
    void reset() { failures_ = 0; }
    [[nodiscard]] unsigned failures() const { return failures_; }

private:
    static constexpr unsigned kDoublingsMax = 20;
    Uptime base_;
    Uptime cap_;
    unsigned failures_ = 0;
};

/// The delay times a uniform factor between 0.5 and 1.5.
[[nodiscard]] inline Uptime with_jitter(Uptime delay, crypto::Random& random)
{
    const auto spread = static_cast<uint64_t>(std::max<int64_t>(delay.count(), 1));
    return delay / 2 + Uptime{static_cast<int64_t>(random.below(spread))};
}

} // namespace berth::nostr::relay
