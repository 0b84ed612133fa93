#pragma once
// NIP-13: proof of work is the number of leading zero bits of an event's id.

#include "nostr/event.h"

namespace berth::nostr {

[[nodiscard]] unsigned difficulty_of(const EventId& id);

/// Whether the id has the bits, and the `nonce` tag committed to at least as many.
[[nodiscard]] bool meets_difficulty(const Event& event, unsigned bits);

} // namespace berth::nostr
