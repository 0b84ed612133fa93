#pragma once
// NIP-11: what a relay says about itself over HTTP. It is advice from a stranger and lies by omission; never a
// precondition for anything.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth::nostr {

/// A limit that is absent, of a wrong type, or so small that the relay would be of no use is not set.
struct RelayInformation {
    std::optional<uint64_t> max_message_length; ///< bytes
    std::optional<uint64_t> max_subscriptions;
    std::optional<uint64_t> max_limit;
    std::optional<uint64_t> max_subid_length;
    std::optional<uint64_t> max_event_tags;
    std::optional<uint64_t> max_content_length;
    std::optional<uint64_t> min_pow_difficulty;
    std::optional<uint64_t> created_at_lower_limit; ///< seconds back
    std::optional<uint64_t> created_at_upper_limit; ///< seconds ahead
    std::optional<uint64_t> default_limit;
    std::optional<bool> auth_required;
    std::optional<bool> payment_required;
    std::optional<bool> restricted_writes;
    std::vector<std::string> supported_nips; ///< numbers as decimal text, others as they stand

    bool operator==(const RelayInformation&) const = default;
};

/// Never fails: what can't be read is left out. At most 131 072 bytes are looked at.
[[nodiscard]] RelayInformation parse_relay_information(std::string_view json);

} // namespace berth::nostr
