#pragma once
// Which relays a key uses: kind 10002 (NIP-65) and kind 10050 (NIP-17). Lists of others are hostile: what comes out of
// parsing is normalised, without doubles, public and short.

#include "nostr/event.h"

namespace berth::nostr {

inline constexpr size_t kRelayListEntriesMax = 10;
inline constexpr size_t kDmRelaysMax = 3;

struct RelayList {
    std::vector<std::string> read;
    std::vector<std::string> write;
};

/// Of a kind-10002 event. Entries with an unknown marker count for nothing.
[[nodiscard]] RelayList parse_relay_list(const Event& event);
/// The first usable relays of a kind-10050 event; empty means that its author can't be reached by NIP-17.
[[nodiscard]] std::vector<std::string> parse_dm_relay_list(const Event& event);

/// Drafts without a time, which the publisher sets. Our own relays are taken as they are.
[[nodiscard]] Draft make_relay_list(const std::vector<std::string>& relays);
[[nodiscard]] Draft make_dm_relay_list(const std::vector<std::string>& relays);

} // namespace berth::nostr
