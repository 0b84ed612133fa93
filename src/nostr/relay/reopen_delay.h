#pragma once
// How long to wait before a subscription that the relay CLOSED is opened again (NIP-01). It always is: nothing else
// would do it, and a silent subscription looks like a quiet day.

#include "nostr/relay/backoff.h"
#include "nostr/relay/refusal.h"

namespace berth::nostr::relay {

class ReopenDelay {
public:
    Uptime after(Refusal refusal)
    {
        using namespace std::chrono_literals;
        ++in_a_row_;
        const Uptime delay = delay_for(refusal);
        return is_deaf() ? std::max<Uptime>(delay, 10min) : delay;
    }
    void reset() { *this = ReopenDelay{}; }
    /// Twenty refusals in a row: the relay is up, but of no use for reading.
    [[nodiscard]] bool is_deaf() const { return in_a_row_ >= kDeafAfter; }
    [[nodiscard]] unsigned in_a_row() const { return in_a_row_; }
    static constexpr unsigned kDeafAfter = 20;

private:
    Uptime delay_for(Refusal refusal)
    {
        switch (refusal) {
        case Refusal::rate_limited:
            return rate_limited_.next();
        case Refusal::blocked:
        case Refusal::restricted:
            return blocked_.next();
        case Refusal::auth_required:
            return unauthenticated_.next();
        case Refusal::invalid:
        case Refusal::unsupported:
            return std::chrono::hours{1};
        default:
            return transient_.next();
        }
    }

    unsigned in_a_row_ = 0;
    Backoff transient_{std::chrono::seconds{5}, std::chrono::minutes{5}};
    Backoff rate_limited_{std::chrono::seconds{30}, std::chrono::minutes{10}};
    Backoff blocked_{std::chrono::minutes{10}, std::chrono::hours{6}};
    /// Authenticating opens it at once; this is for a challenge that never comes.
    Backoff unauthenticated_{std::chrono::seconds{30}, std::chrono::minutes{10}};
};

} // namespace berth::nostr::relay
