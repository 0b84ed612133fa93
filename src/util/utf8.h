#pragma once
// UTF-8 validity (RFC 3629: no surrogates, no overlong forms), and text made safe for logs and terminals.

#include <cstddef>
#include <string>
#include <string_view>

namespace berth {

[[nodiscard]] bool is_valid_utf8(std::string_view text);

/// The first `characters_max` bytes of foreign text with control bytes, quotes' escapes and non-ASCII shown as \xNN.
[[nodiscard]] std::string printable(std::string_view text, size_t characters_max = 200);

} // namespace berth
