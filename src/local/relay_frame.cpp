#include "local/relay_frame.h"

#include "nostr/event_json.h"
#include "util/hex.h"
#include "util/utf8.h"

#include <algorithm>

namespace berth::local {

namespace {

bool is_within(const nostr::Filter& filter, size_t values_max)
{
    const auto small_tag = [&](const auto& tag) { return tag.second.size() <= values_max; };
    return filter.ids.size() <= values_max && filter.authors.size() <= values_max &&
           filter.kinds.size() <= values_max && std::all_of(filter.tags.begin(), filter.tags.end(), small_tag);
}

bool is_subscription_id(const Json& value, const RelayLimits& limits)
{
    if (!value.is_string())
        return false;
    const auto& text = value.get_ref<const std::string&>();
    return !text.empty() && text.size() <= limits.subscription_id_bytes_max;
}

ClientFrame parse_req(const Json& frame, const RelayLimits& limits)
{
    if (frame.size() < 2 || !is_subscription_id(frame[1], limits))
        return BadFrame{notice_frame("invalid: a REQ needs a subscription id of 1 to 64 bytes")};
    const std::string subscription = frame[1].get<std::string>();
    if (frame.size() < 3 || frame.size() - 2 > limits.filters_max)
        return BadFrame{closed_frame(subscription, fmt::format("invalid: 1 to {} filters", limits.filters_max))};
    ReqFrame req{.subscription = subscription, .filters = {}};
    for (size_t i = 2; i < frame.size(); ++i) {
        Result<nostr::Filter> filter = nostr::filter_from_json(frame[i]);
        if (!filter)
            return BadFrame{closed_frame(subscription, "invalid: " + printable(filter.error().message))};
        if (!is_within(*filter, limits.filter_values_max))
            return BadFrame{closed_frame(subscription, "invalid: too many values in a filter")};
        req.filters.push_back(std::move(*filter));
    }
    return req;
}

/// An event with a readable id always gets an OK; without one there is nothing to answer to but the frame.
template <class Frame>
ClientFrame parse_event_frame(const Json& frame)
{
    if (frame.size() != 2 || !frame[1].is_object())
        return BadFrame{notice_frame("invalid: the frame holds no event")};
    Result<nostr::Event> event = nostr::event_from_json(frame[1]);
    if (event)
        return Frame{std::move(*event)};
    const auto id = frame[1].find("id");
    if (id != frame[1].end() && id->is_string() && decode_hex_array<32>(id->get_ref<const std::string&>()))
        return BadFrame{ok_frame(id->get<std::string>(), false, "invalid: " + printable(event.error().message))};
    return BadFrame{notice_frame("invalid: " + printable(event.error().message))};
}

ClientFrame refuse_unsupported(const Json& frame, const RelayLimits& limits)
{
    const std::string verb = printable(frame[0].get_ref<const std::string&>(), 20);
    if (verb == "COUNT" && frame.size() > 1 && is_subscription_id(frame[1], limits))
        return BadFrame{closed_frame(frame[1].get<std::string>(), "unsupported: this relay does not count")};
    return BadFrame{notice_frame(fmt::format("unsupported: '{}'", verb))};
}

} // namespace

ClientFrame parse_client_frame(std::string_view text, const RelayLimits& limits)
{
    if (text.size() > limits.message_bytes_max)
        return BadFrame{notice_frame(fmt::format("invalid: longer than {} bytes", limits.message_bytes_max))};
    const Result<Json> frame = parse_json(text, nostr::protocol_json_limits(limits.message_bytes_max));
    if (!frame)
        return BadFrame{notice_frame("invalid: " + printable(frame.error().message))};
    if (!frame->is_array() || frame->empty() || !(*frame)[0].is_string())
        return BadFrame{notice_frame("invalid: a frame is a list that begins with a text")};
    const auto& verb = (*frame)[0].get_ref<const std::string&>();
    if (verb == "EVENT")
        return parse_event_frame<EventFrame>(*frame);
    if (verb == "AUTH")
        return parse_event_frame<AuthFrame>(*frame);
    if (verb == "REQ")
        return parse_req(*frame, limits);
    if (verb != "CLOSE")
        return refuse_unsupported(*frame, limits);
    if (frame->size() != 2 || !is_subscription_id((*frame)[1], limits))
        return BadFrame{notice_frame("invalid: CLOSE names one subscription")};
    return CloseFrame{(*frame)[1].get<std::string>()};
}

std::string event_frame(const std::string& subscription, const std::string& event_json)
{
    return fmt::format(R"(["EVENT",{},{}])", dump_json(Json(subscription)), event_json);
}

std::string eose_frame(const std::string& subscription, StoredEnd end)
{
    Json frame = Json::array({"EOSE", subscription});
    if (end != StoredEnd::unknown)
        frame.push_back(Json::array({end == StoredEnd::finish ? "finish" : "more"}));
    return dump_json(frame);
}

std::string closed_frame(const std::string& subscription, const std::string& text)
{
    return dump_json(Json::array({"CLOSED", subscription, text}));
}

std::string notice_frame(const std::string& text)
{
    return dump_json(Json::array({"NOTICE", text}));
}

std::string auth_frame(const std::string& challenge)
{
    return dump_json(Json::array({"AUTH", challenge}));
}

std::string ok_frame(const std::string& event_id_hex, bool accepted, const std::string& text)
{
    return dump_json(Json::array({"OK", event_id_hex, accepted, text}));
}

} // namespace berth::local
