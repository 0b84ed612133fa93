#pragma once
// The machine-readable prefixes of OK and CLOSED texts (NIP-01, NIP-42), and what each asks of the client.

#include <string>
#include <string_view>

namespace berth::nostr::relay {

enum class Refusal {
    duplicate,
    replaced, ///< not in NIP-01: a newer version is stored
    deleted,  ///< not in NIP-01: the event was deleted
    blocked,
    restricted,
    auth_required,
    rate_limited,
    pow,
    invalid,
    mute,
    unsupported,
    other, ///< `error`, an unknown prefix, or none: transient
};

/// The prefix before the first colon. One leading `ERROR: ` is skipped: strfry puts it before the text of every CLOSED.
[[nodiscard]] Refusal refusal_of(std::string_view text);

/// What NOTICE may mean besides chatter: some relays refuse with it and send no OK, EOSE or CLOSED.
enum class NoticeMeaning { chatter, request_refused, event_too_large };
[[nodiscard]] NoticeMeaning meaning_of_notice(std::string_view text);

/// At most 512 bytes of UTF-8, without control characters: a stranger's text made fit for logs and status pages.
[[nodiscard]] std::string printable(std::string_view text);

} // namespace berth::nostr::relay
