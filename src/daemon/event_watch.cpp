#include "daemon/event_watch.h"

#include "util/log.h"

#include <algorithm>

namespace berth::daemon {

namespace {

constexpr std::chrono::milliseconds kPauseFirst{250};
constexpr std::chrono::milliseconds kPauseMax{5'000};

} // namespace

EventWatch::EventWatch(compute::Backend& backend, std::function<void(provider::EngineSign)> deliver)
    : backend_{backend}, deliver_{std::move(deliver)}
{
    thread_ = std::thread{[this] { run(); }};
}

EventWatch::~EventWatch()
{
    is_stopping_ = true;
    wake_.put_always(true);
    thread_.join();
}

void EventWatch::run()
{
    using compute::EngineEvent;
    auto pause = kPauseFirst;
    while (!is_stopping_) {
        bool was_connected = false;
        const Result<void> ended = backend_.watch([&](const EngineEvent& event) {
            if (event.kind == EngineEvent::Kind::connected) {
                was_connected = true;
                deliver_({.kind = provider::EngineSign::Kind::connected});
            } else if (event.kind == EngineEvent::Kind::changed) {
                deliver_({.kind = provider::EngineSign::Kind::changed, .lease = event.lease});
            }
            return !is_stopping_;
        });
        if (is_stopping_)
            return;
        if (was_connected) {
            pause = kPauseFirst;
            log::debug("events: {}", ended ? "ended" : ended.error().message);
            deliver_({.kind = provider::EngineSign::Kind::lost});
        }
        (void)wake_.take_all(std::chrono::steady_clock::now() + pause);
        pause = std::min(kPauseMax, pause * 2);
    }
}

} // namespace berth::daemon
