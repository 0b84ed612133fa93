#pragma once
// One spelling per mint: what is compared with the whitelist. A token's URL is a lookup key, never a destination.

#include "util/result.h"

namespace berth::cashu {

/// Lower-case scheme and host, no default port, no dot segments, no trailing slashes. bad_input for anything but http
/// and https, for user info, query, fragment, '%', backslash, blanks, control bytes, bad ports and non-ASCII hosts.
[[nodiscard]] Result<std::string> normalise_mint_url(std::string_view url);

/// Whether plain http may be spoken with this (normalised) mint: loopback and onion hosts.
[[nodiscard]] bool is_local_or_onion(std::string_view normalised_url);

} // namespace berth::cashu
