#pragma once
// Virtual time: things that will happen, in order of their time, ties in the order they were scheduled.

#include "util/time.h"

#include <functional>
#include <map>

namespace berth::sim {

class Clockwork {
public:
    [[nodiscard]] UnixTime now() const { return now_; }
    void after(std::chrono::milliseconds delay, std::function<void()> happening)
    {
        waiting_.emplace(now_ + delay, std::move(happening));
    }
    void at(UnixTime time, std::function<void()> happening)
    {
        waiting_.emplace(std::max(now_, time), std::move(happening));
    }
    [[nodiscard]] UnixTime next() const { return waiting_.empty() ? UnixTime::max() : waiting_.begin()->first; }
    void set_now(UnixTime now) { now_ = std::max(now_, now); }
    void run_due()
    {
        while (!waiting_.empty() && waiting_.begin()->first <= now_) {
            const auto happening = std::move(waiting_.begin()->second);
            waiting_.erase(waiting_.begin());
            happening();
        }
    }

private:
    UnixTime now_ = from_unix_seconds(1'800'000'000);
    std::multimap<UnixTime, std::function<void()>> waiting_;
};

} // namespace berth::sim
