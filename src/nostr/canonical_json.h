#pragma once
// The one JSON writer for bytes that get hashed or sent (NIP-01): no blanks, short escapes, other control characters as
// lower-case \u00xx, all else verbatim UTF-8.

#include <string>
#include <string_view>
#include <vector>

namespace berth::nostr {

/// Appends the text as a JSON string with its quotes. The text must be valid UTF-8.
void append_json_string(std::string& out, std::string_view text);

/// Appends an array of arrays of strings.
void append_json_tags(std::string& out, const std::vector<std::vector<std::string>>& tags);

} // namespace berth::nostr
