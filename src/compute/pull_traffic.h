#pragma once
// Pulls side by side. The Engine downloads few layers at a time (max-concurrent-downloads, 3 by default, for all pulls
// together), so a few registries that stall would keep every other pull waiting. A pull that is held up so makes the
// slowest of those that hold a place give way; while nobody waits, a slow pull has its whole deadline.

#include "util/mutex.h"

#include <chrono>
#include <cstdint>
#include <map>

namespace berth::compute {

/// What one pull looks like from outside, at a moment.
struct PullState {
    uint64_t bytes_done = 0;
    bool is_downloading = false; ///< has layers to fetch, and the Engine did not say that all of them wait
    bool is_held_up = false;     ///< all layers that are left wait for the Engine to begin with them
};

class PullTraffic {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// A pull that begins; the number names it below.
    [[nodiscard]] uint64_t enter(Time now);
    void leave(uint64_t pull);
    /// To be called about once a second for each pull. True when this one must give way.
    [[nodiscard]] bool must_give_way(uint64_t pull, const PullState& state, Time now);

private:
    struct Pull {
        PullState state{};
        Time entered{};
        Time window_began{};
        uint64_t window_bytes = 0; ///< bytes_done when the window began
        uint64_t rate = 0;         ///< bytes a second in the last whole window
        bool has_rate = false;
        Time held_up_since{};
    };
    void update(Pull& pull, const PullState& state, Time now) REQUIRES(mutex_);
    [[nodiscard]] size_t count_held_up(Time now) const REQUIRES(mutex_);

    Mutex mutex_;
    uint64_t last_ GUARDED_BY(mutex_) = 0;
    std::map<uint64_t, Pull> pulls_ GUARDED_BY(mutex_);
};

} // namespace berth::compute
