#pragma once
// Events and filters inside already parsed JSON, for the frame and wrap parsers. Heavy: include it from .cpp files
// only.

#include "nostr/filter.h"
#include "util/json.h"

namespace berth::nostr {

inline constexpr size_t kEventBytesMax = 131'072;
inline constexpr size_t kTagsMax = 500;
inline constexpr size_t kTagElementsMax = 32;
inline constexpr size_t kTagElementBytesMax = 4'096;
/// NIP-01 times and counts must survive a JavaScript number.
inline constexpr uint64_t kIntegerMax = (uint64_t{1} << 53) - 1;

/// Limits of one protocol text: an event, a rumor, or a frame around one.
[[nodiscard]] JsonLimits protocol_json_limits(size_t bytes_max = kEventBytesMax);

/// The fields of an event that are signed, by NIP-01's types; `id` and `sig` are left empty.
[[nodiscard]] Result<Event> unsigned_event_from_json(const Json& object);
[[nodiscard]] Result<Event> event_from_json(const Json& object);
[[nodiscard]] Result<Filter> filter_from_json(const Json& object);

} // namespace berth::nostr
