#include "nostr/relay/frame.h"

#include "nostr/event_json.h"
#include "util/hex.h"

namespace berth::nostr::relay {

namespace {

constexpr size_t kFrameBytesMax = 262'144;

Result<std::string> text_at(const Json& frame, size_t index)
{
    if (frame.size() <= index || !frame[index].is_string())
        return fail(Errc::bad_input, "frame member {} is not a string", index);
    return frame[index].get<std::string>();
}

UnreadableEventFrame unreadable(std::string request_id, const Json& event, std::string why)
{
    UnreadableEventFrame frame{.request_id = std::move(request_id), .id = {}, .created_at = {}, .why = std::move(why)};
    if (const auto id = json_string(event, "id"))
        if (const auto bytes = decode_hex_array<32>(*id))
            frame.id = *bytes;
    if (const auto time = json_u64(event, "created_at"); time && *time <= kIntegerMax)
        frame.created_at = static_cast<int64_t>(*time);
    return frame;
}

Result<Frame> parse_event_frame(const Json& frame)
{
    std::string request_id = TRY(text_at(frame, 1));
    if (frame.size() < 3)
        return fail(Errc::bad_input, "EVENT without an event");
    Result<Event> event = event_from_json(frame[2]);
    if (!event)
        return Frame{unreadable(std::move(request_id), frame[2], event.error().message)};
    return Frame{EventFrame{std::move(request_id), *std::move(event)}};
}

Result<Frame> parse_ok_frame(const Json& frame)
{
    const std::string id_text = TRY(text_at(frame, 1));
    if (frame.size() < 3 || !frame[2].is_boolean())
        return fail(Errc::bad_input, "OK without a boolean");
    // Some relays answer "?" when they can't read the id: an honest answer, but not about any event of ours.
    const auto id = decode_hex_array<32>(id_text);
    if (!id)
        return Frame{OtherFrame{}};
    const bool has_text = frame.size() > 3 && frame[3].is_string();
    return Frame{OkFrame{*id, frame[2].get<bool>(), has_text ? frame[3].get<std::string>() : std::string{}}};
}

PageEnd page_end_of(const Json& frame)
{
    if (frame.size() < 3 || !frame[2].is_array() || frame[2].empty())
        return PageEnd::unknown;
    const Json& hint = frame[2][0];
    if (hint == "finish")
        return PageEnd::finish;
    return hint == "more" ? PageEnd::more : PageEnd::unknown;
}

} // namespace

Result<Frame> parse_frame(std::string_view text)
{
    Result<Json> parsed = parse_json(text, protocol_json_limits(kFrameBytesMax));
    // Some relays hand on an event as they got it, with members that we would not read but can't skip either.
    if (!parsed && text.starts_with("[\"EVENT\","))
        return Frame{UnreadableEventFrame{.request_id = {}, .id = {}, .created_at = {}, .why = parsed.error().message}};
    const Json frame = TRY(std::move(parsed));
    if (!frame.is_array())
        return fail(Errc::bad_input, "a frame is not an array");
    const std::string verb = TRY(text_at(frame, 0));
    if (verb == "EVENT")
        return parse_event_frame(frame);
    if (verb == "OK")
        return parse_ok_frame(frame);
    const bool is_known = verb == "EOSE" || verb == "CLOSED" || verb == "NOTICE" || verb == "AUTH";
    if (!is_known)
        return Frame{OtherFrame{}};
    std::string first = TRY(text_at(frame, 1));
    if (verb == "EOSE")
        return Frame{EoseFrame{std::move(first), page_end_of(frame)}};
    if (verb == "NOTICE")
        return Frame{NoticeFrame{std::move(first)}};
    if (verb == "AUTH" && first.empty())
        return fail(Errc::bad_input, "AUTH without a challenge");
    if (verb == "AUTH")
        return Frame{ChallengeFrame{std::move(first)}};
    const bool has_text = frame.size() > 2 && frame[2].is_string();
    return Frame{ClosedFrame{std::move(first), has_text ? frame[2].get<std::string>() : std::string{}}};
}

std::string encode_event_frame(const std::string& event_json)
{
    return "[\"EVENT\"," + event_json + "]";
}

std::string encode_auth_frame(const Event& event)
{
    return "[\"AUTH\"," + encode_event(event) + "]";
}

std::string encode_req_frame(const std::string& request_id, const Filter& filter)
{
    return "[\"REQ\",\"" + request_id + "\"," + encode_filter(filter) + "]";
}

std::string encode_close_frame(const std::string& request_id)
{
    return "[\"CLOSE\",\"" + request_id + "\"]";
}

} // namespace berth::nostr::relay
