#pragma once
// Folds the owner's wall clock into a time that never runs backwards, so that no timer waits out an hour that was
// only a correction of the clock. Dates on the wire use `wall`, every delay uses `uptime`.

#include "util/time.h"

namespace berth::nostr::relay {

using Uptime = std::chrono::milliseconds; ///< since the first look at the clock
inline constexpr Uptime kNever = Uptime::max();

struct Instant {
    UnixTime wall{};
    Uptime uptime{};

    [[nodiscard]] int64_t seconds() const { return unix_seconds(wall); }
};

enum class ClockStep { steady, jumped };

class Clock {
public:
    /// `jumped`: the wall clock went back, or so far ahead that the machine must have slept.
    ClockStep advance(UnixTime wall)
    {
        const auto step = started_ ? wall - now_.wall : Uptime{0};
        started_ = true;
        now_.wall = wall;
        if (step > Uptime{0})
            now_.uptime += step;
        return step < -kBackMax || step > kAheadMax ? ClockStep::jumped : ClockStep::steady;
    }
    [[nodiscard]] const Instant& now() const { return now_; }
    /// The wall time at which a timer fires, if the clock stays steady.
    [[nodiscard]] UnixTime wall_at(Uptime due) const
    {
        return due == kNever ? UnixTime::max() : now_.wall + (due - now_.uptime);
    }

private:
    static constexpr Uptime kBackMax = std::chrono::seconds{5};
    static constexpr Uptime kAheadMax = std::chrono::minutes{10};
    Instant now_;
    bool started_ = false;
};

} // namespace berth::nostr::relay
