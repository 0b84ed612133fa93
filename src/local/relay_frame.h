#pragma once
// What a client may say to the embedded relay (NIP-01, NIP-42), parsed and bounded; and the relay's own frames as text.

#include "local/relay_limits.h"
#include "nostr/event.h"
#include "nostr/filter.h"

#include <string>
#include <variant>
#include <vector>

namespace berth::local {

struct EventFrame {
    nostr::Event event; ///< shape only, not verified
};
struct ReqFrame {
    std::string subscription;
    std::vector<nostr::Filter> filters;
};
struct CloseFrame {
    std::string subscription;
};
struct AuthFrame {
    nostr::Event event; ///< not verified
};
/// A frame that is refused, with the answer it gets: OK, CLOSED or NOTICE, so that no question stays unanswered.
struct BadFrame {
    std::string reply;
};
using ClientFrame = std::variant<EventFrame, ReqFrame, CloseFrame, AuthFrame, BadFrame>;

[[nodiscard]] ClientFrame parse_client_frame(std::string_view text, const RelayLimits& limits);

/// NIP-67: whether older events were left out.
enum class StoredEnd { finish, more, unknown };

[[nodiscard]] std::string event_frame(const std::string& subscription, const std::string& event_json);
[[nodiscard]] std::string eose_frame(const std::string& subscription, StoredEnd end);
[[nodiscard]] std::string closed_frame(const std::string& subscription, const std::string& text);
[[nodiscard]] std::string notice_frame(const std::string& text);
[[nodiscard]] std::string auth_frame(const std::string& challenge);
[[nodiscard]] std::string ok_frame(const std::string& event_id_hex, bool accepted, const std::string& text);

} // namespace berth::local
