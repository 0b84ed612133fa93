#pragma once
// Relay URLs in one normal form, and which of them may be dialled when a stranger's event names them. Pure: no lookups.

#include "util/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace berth::nostr {

struct RelayUrl {
    bool tls = true;
    std::string host;   ///< lower case; an IPv6 address without brackets
    uint16_t port = 0;  ///< the scheme's own when the text has none
    std::string target; ///< path and query, "/" at least
};

/// ws or wss, at most 512 characters, surrounding blanks ignored. bad_input for user names, port 0, hosts that are not
/// ASCII.
[[nodiscard]] Result<RelayUrl> parse_relay_url(std::string_view text);

/// Scheme and host in lower case; default port, fragment and trailing slashes dropped. Normalising twice changes
/// nothing.
[[nodiscard]] Result<std::string> normalise_relay_url(std::string_view text);

/// A name with a dot that is not reserved for local use, or a globally routable address. What the name resolves to
/// must still be checked before dialling.
[[nodiscard]] bool is_public_host(std::string_view host);

/// wss on a public host: the only relays that strangers may make us dial.
[[nodiscard]] bool is_public_relay_url(std::string_view text);

} // namespace berth::nostr
