#pragma once
// Frames between client and relay, from the client's side (NIP-01, NIP-42, NIP-67). Pure.

#include "nostr/filter.h"
#include "nostr/relay/catch_up.h"

#include <variant>

namespace berth::nostr::relay {

struct EventFrame {
    std::string request_id;
    Event event; ///< parsed, not verified
};
/// An event that breaks a rule of ours: most likely its author's doing, for relays pass on what we refuse.
struct UnreadableEventFrame {
    std::string request_id; ///< this and the next two as far as they can be read
    std::optional<EventId> id;
    std::optional<int64_t> created_at;
    std::string why;
};
struct OkFrame {
    EventId id{};
    bool is_accepted = false;
    std::string text; ///< empty if missing
};
struct EoseFrame {
    std::string request_id;
    PageEnd end = PageEnd::unknown;
};
struct ClosedFrame {
    std::string request_id;
    std::string text;
};
struct NoticeFrame {
    std::string text;
};
struct ChallengeFrame {
    std::string challenge;
};
/// A frame that we have no use for: another verb, such as COUNT, or an OK for what is no event id.
struct OtherFrame {};
using Frame = std::variant<OtherFrame, EventFrame, UnreadableEventFrame, OkFrame, EoseFrame, ClosedFrame, NoticeFrame,
                           ChallengeFrame>;

/// What a relay sends, at most 262 144 bytes.
[[nodiscard]] Result<Frame> parse_frame(std::string_view text);

[[nodiscard]] std::string encode_event_frame(const std::string& event_json);
[[nodiscard]] std::string encode_auth_frame(const Event& event);
[[nodiscard]] std::string encode_req_frame(const std::string& request_id, const Filter& filter);
[[nodiscard]] std::string encode_close_frame(const std::string& request_id);

} // namespace berth::nostr::relay
