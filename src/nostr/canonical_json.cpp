#include "nostr/canonical_json.h"

#include <cstdint>

namespace berth::nostr {

namespace {

/// The letter of a two-character escape, or 0.
char short_escape(char c)
{
    switch (c) {
    case '"':
        return '"';
    case '\\':
        return '\\';
    case '\b':
        return 'b';
    case '\t':
        return 't';
    case '\n':
        return 'n';
    case '\f':
        return 'f';
    case '\r':
        return 'r';
    default:
        return 0;
    }
}

} // namespace

void append_json_string(std::string& out, std::string_view text)
{
    constexpr std::string_view hex_digits = "0123456789abcdef";
    out.push_back('"');
    for (const char c : text) {
        const auto byte = static_cast<uint8_t>(c);
        if (const char letter = short_escape(c)) {
            out.push_back('\\');
            out.push_back(letter);
        } else if (byte < 0x20) {
            out += "\\u00";
            out.push_back(hex_digits[byte >> 4]);
            out.push_back(hex_digits[byte & 15]);
        } else {
            out.push_back(c);
        }
    }
    out.push_back('"');
}

void append_json_tags(std::string& out, const std::vector<std::vector<std::string>>& tags)
{
    out.push_back('[');
    for (const auto& tag : tags) {
        out += &tag == &tags.front() ? "[" : ",[";
        for (const std::string& element : tag) {
            if (&element != &tag.front())
                out.push_back(',');
            append_json_string(out, element);
        }
        out.push_back(']');
    }
    out.push_back(']');
}

} // namespace berth::nostr
