#pragma once
// The event stream of the Docker Engine API, as far as the ends of containers go. Pure: pieces of bytes go in as they
// arrive, cut anywhere.

#include <functional>
#include <string>
#include <string_view>

namespace berth::compute {

class EventStream {
public:
    /// `on_change` is told the value of `label` of each container that exited or was removed.
    EventStream(std::string label, std::function<void(const std::string&)> on_change)
        : label_{std::move(label)}, on_change_{std::move(on_change)}
    {
    }

    /// False when the bytes are no JSON lines of a bearable length: the stream is worth nothing then.
    [[nodiscard]] bool add(std::string_view piece);

private:
    bool take_line(std::string_view line);

    const std::string label_;
    const std::function<void(const std::string&)> on_change_;
    std::string line_;
};

/// Query of `GET /events`: ends of containers with this label, from this Unix second on.
[[nodiscard]] std::string make_events_query(std::string_view label, std::string_view value, int64_t since);

} // namespace berth::compute
