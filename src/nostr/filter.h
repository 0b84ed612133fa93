#pragma once
// NIP-01 filters. Every received event is checked against its subscription's filter again: relays send what they like.

#include "nostr/event.h"

#include <map>

namespace berth::nostr {

struct Filter {
    std::vector<EventId> ids;
    std::vector<Bytes32> authors;
    std::vector<Kind> kinds;
    std::map<char, std::vector<std::string>> tags; ///< '#p' is tags['p']; an empty list matches nothing
    std::optional<int64_t> since;                  ///< inclusive
    std::optional<int64_t> until;                  ///< inclusive
    std::optional<uint64_t> limit;                 ///< shapes the stored part only

    /// Set by parsing an empty list, which NIP-01 lets match nothing; `ids` is then empty.
    bool matches_nothing = false;

    [[nodiscard]] bool matches(const Event& event) const;
    bool operator==(const Filter&) const = default;
};

/// For a relay. Unknown members, prefixes of ids and keys, and floats are bad_input.
[[nodiscard]] Result<Filter> parse_filter(std::string_view json);

[[nodiscard]] std::string encode_filter(const Filter& filter);

} // namespace berth::nostr
