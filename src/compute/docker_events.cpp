#include "compute/docker_events.h"

#include "compute/docker_request.h"
#include "util/json.h"

namespace berth::compute {

namespace {

/// An event carries its container's labels, a few kilobytes.
constexpr size_t kLineBytesMax = 256 << 10;

} // namespace

bool EventStream::add(std::string_view piece)
{
    for (;;) {
        const size_t end = piece.find('\n');
        if (line_.size() + std::min(end, piece.size()) > kLineBytesMax)
            return false;
        line_.append(piece.substr(0, end));
        if (end == std::string_view::npos)
            return true;
        if (!take_line(line_))
            return false;
        line_.clear();
        piece.remove_prefix(end + 1);
    }
}

bool EventStream::take_line(std::string_view line)
{
    if (line.find_first_not_of(" \r\t") == std::string_view::npos)
        return true;
    const auto event = parse_json(line, JsonLimits{.bytes_max = kLineBytesMax});
    if (!event || !event->is_object())
        return false;
    const auto action = event->find("Action");
    if (action == event->end() || (*action != "die" && *action != "destroy"))
        return true;
    const auto actor = event->find("Actor");
    if (actor == event->end() || !actor->is_object())
        return true;
    const auto attributes = actor->find("Attributes");
    if (attributes == actor->end() || !attributes->is_object())
        return true;
    const auto label = attributes->find(label_);
    if (label != attributes->end() && label->is_string())
        on_change_(label->get<std::string>());
    return true;
}

std::string make_events_query(std::string_view label, std::string_view value, int64_t since)
{
    const Json filters{
        {"type", {"container"}}, {"event", {"die", "destroy"}}, {"label", {fmt::format("{}={}", label, value)}}};
    return fmt::format("/events?since={}&filters={}", since, percent_encode(dump_json(filters)));
}

} // namespace berth::compute
