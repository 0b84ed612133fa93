#pragma once
// How long something may still take before its calls to the Engine are given up. Nothing is lost by that: the rows tell
// the next start what was under way, as after a kill.

#include "util/inbox.h"

#include <atomic>
#include <chrono>
#include <thread>

namespace berth::daemon {

class Patience {
public:
    /// Sets the flag after this time, unless it is destroyed before.
    Patience(std::atomic<bool>& hang_up, std::chrono::seconds limit)
        : thread_{[this, &hang_up, end = std::chrono::steady_clock::now() + limit] {
              if (over_.take_all(end).empty())
                  hang_up = true;
          }}
    {
    }
    ~Patience()
    {
        over_.put_always(true);
        thread_.join();
    }
    Patience(const Patience&) = delete;
    Patience& operator=(const Patience&) = delete;

private:
    Inbox<bool> over_{1};
    std::thread thread_;
};

} // namespace berth::daemon
