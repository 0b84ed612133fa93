#pragma once
// One thread that follows the Engine's event stream and connects again when it ends. What it hears are hints for core;
// it decides nothing.

#include "provider/jobs.h"
#include "util/inbox.h"

#include <atomic>
#include <functional>
#include <thread>

namespace berth::daemon {

class EventWatch {
public:
    /// `deliver` is called on this thread with each sign: an inbox put. Borrows the backend.
    EventWatch(compute::Backend& backend, std::function<void(provider::EngineSign)> deliver);
    /// Within about a second.
    ~EventWatch();
    EventWatch(const EventWatch&) = delete;
    EventWatch& operator=(const EventWatch&) = delete;

private:
    void run();

    compute::Backend& backend_;
    const std::function<void(provider::EngineSign)> deliver_;
    std::atomic<bool> is_stopping_{false};
    Inbox<bool> wake_{1}; ///< ends a pause early
    std::thread thread_;
};

} // namespace berth::daemon
