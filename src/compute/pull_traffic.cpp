#include "compute/pull_traffic.h"

#include <algorithm>

namespace berth::compute {

namespace {

using namespace std::chrono_literals;

/// Over so long a pull's speed is measured, and so long it has its place for sure.
constexpr std::chrono::milliseconds kWindow = 4s;
/// A layer that waits for less is only queueing.
constexpr std::chrono::milliseconds kHeldUpAfter = 2s;
/// Whoever is faster never gives way. Slower, 100 s bring 25 MB.
constexpr uint64_t kSlowBytesPerSecond = 256 << 10;
/// A layer may have its place and still be called waiting, as long as its registry sends nothing.
constexpr std::chrono::milliseconds kSilentAfter = 10s;

} // namespace

uint64_t PullTraffic::enter(Time now)
{
    MutexLock lock{mutex_};
    pulls_[++last_] = Pull{.entered = now, .window_began = now, .held_up_since = now};
    return last_;
}

void PullTraffic::leave(uint64_t pull)
{
    MutexLock lock{mutex_};
    pulls_.erase(pull);
}

void PullTraffic::update(Pull& pull, const PullState& state, Time now)
{
    if (!state.is_held_up)
        pull.held_up_since = now;
    pull.state = state;
    const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - pull.window_began);
    if (elapsed < kWindow)
        return;
    pull.rate = (state.bytes_done - std::min(state.bytes_done, pull.window_bytes)) * 1000 /
                static_cast<uint64_t>(elapsed.count());
    pull.has_rate = true;
    pull.window_began = now;
    pull.window_bytes = state.bytes_done;
}

size_t PullTraffic::count_held_up(Time now) const
{
    const auto is_held_up = [&](const auto& entry) {
        return entry.second.state.is_held_up && now - entry.second.held_up_since >= kHeldUpAfter;
    };
    return static_cast<size_t>(std::count_if(pulls_.begin(), pulls_.end(), is_held_up));
}

bool PullTraffic::must_give_way(uint64_t pull, const PullState& state, Time now)
{
    MutexLock lock{mutex_};
    const auto found = pulls_.find(pull);
    if (found == pulls_.end())
        return false;
    Pull& own = found->second;
    update(own, state, now);
    const size_t held_up = count_held_up(now);
    if (held_up == 0)
        return false;
    const auto downloads = [](const auto& entry) { return entry.second.state.is_downloading; };
    if (std::none_of(pulls_.begin(), pulls_.end(), downloads)) {
        // All wait and none gets anything: the first in the queue is the one whose registry is silent.
        const bool is_first = pulls_.begin()->first == pull && pulls_.size() > 1;
        return is_first && now - own.entered >= kSilentAfter;
    }
    const auto is_slow = [](const Pull& one) {
        return one.state.is_downloading && one.has_rate && one.rate < kSlowBytesPerSecond;
    };
    if (!is_slow(own))
        return false;
    const auto goes_first = [&](const auto& entry) {
        return is_slow(entry.second) && std::pair{entry.second.rate, entry.first} < std::pair{own.rate, pull};
    };
    return static_cast<size_t>(std::count_if(pulls_.begin(), pulls_.end(), goes_first)) < held_up;
}

} // namespace berth::compute
