#pragma once
// How badly a relay behaves: points that halve every ten minutes. A configured relay is the operator's choice, so
// too many points bring an hour's rest, never a ban.

#include "nostr/relay/clock.h"

namespace berth::nostr::relay {

namespace points {
inline constexpr int bad_signature = 10;  ///< or an id that is not the hash
inline constexpr int malformed = 5;       ///< a frame that does not parse
inline constexpr int filter_mismatch = 2; ///< of a kind or an author that was not asked for
inline constexpr int unknown_subscription = 1;
inline constexpr int auth_storm = 1; ///< each challenge beyond five a minute
inline constexpr int flood = 1;      ///< each frame that nothing asked for, beyond 100 a second for a minute
} // namespace points

class RelayScore {
public:
    void add(int more, Uptime now)
    {
        decay(now);
        milli_points_ += int64_t{more} * 1000;
    }
    [[nodiscard]] bool is_too_bad() const { return milli_points_ >= kMilliPointsMax; }
    void reset() { milli_points_ = 0; }

private:
    static constexpr int64_t kMilliPointsMax = 100'000;
    static constexpr Uptime kHalfLife = std::chrono::minutes{10};

    void decay(Uptime now)
    {
        while (now - decayed_at_ >= kHalfLife && milli_points_ > 0) {
            milli_points_ /= 2;
            decayed_at_ += kHalfLife;
        }
        if (milli_points_ == 0)
            decayed_at_ = now;
    }

    int64_t milli_points_ = 0;
    Uptime decayed_at_{};
};

} // namespace berth::nostr::relay
