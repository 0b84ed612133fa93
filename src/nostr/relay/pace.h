#pragma once
// How fast one relay takes our beats, offers and lists: a token bucket that slows down when the relay says
// `rate-limited` and recovers slowly. Encrypted messages do not wait for it.

#include "nostr/relay/clock.h"

#include <algorithm>

namespace berth::nostr::relay {

class Pace {
public:
    [[nodiscard]] bool may_send(Uptime now)
    {
        refill(now);
        return tokens_ > 0;
    }
    [[nodiscard]] bool has_tokens() const { return tokens_ > 0; }
    void sent() { --tokens_; }
    void accepted() { interval_ = std::max(kInterval, interval_ * 19 / 20); }
    void rate_limited()
    {
        interval_ = std::min(kIntervalMax, interval_ * 2);
        tokens_ = 0;
    }
    /// When the next token arrives, if there is none.
    [[nodiscard]] Uptime next_token() const { return filled_at_ + interval_; }

private:
    static constexpr int kBurst = 10;
    static constexpr Uptime kInterval = std::chrono::seconds{10}; ///< 6 a minute
    static constexpr Uptime kIntervalMax = std::chrono::minutes{2};

    void refill(Uptime now)
    {
        while (tokens_ < kBurst && now - filled_at_ >= interval_) {
            ++tokens_;
            filled_at_ += interval_;
        }
        if (tokens_ == kBurst)
            filled_at_ = now;
    }

    int tokens_ = kBurst;
    Uptime interval_ = kInterval;
    Uptime filled_at_{};
};

} // namespace berth::nostr::relay
