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

    [[nodiscard]] bool matches(const Event& event) const;
};

[[nodiscard]] std::string encode_filter(const Filter& filter);

} // namespace berth::nostr
