#include "util/utf8.h"

#include <fmt/core.h>

#include <cstdint>

namespace berth {

namespace {

/// Length of the sequence that begins at `text`, or 0 if there is no valid one.
size_t sequence_length(std::string_view text)
{
    const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
    const auto follows = [&](size_t i, uint8_t low = 0x80, uint8_t high = 0xbf) {
        return i < text.size() && byte(i) >= low && byte(i) <= high;
    };
    const uint8_t lead = byte(0);
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead <= 0xdf)
        return follows(1) ? 2 : 0;
    if (lead >= 0xe0 && lead <= 0xef) {
        const uint8_t low = lead == 0xe0 ? 0xa0 : 0x80;
        const uint8_t high = lead == 0xed ? 0x9f : 0xbf;
        return follows(1, low, high) && follows(2) ? 3 : 0;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        const uint8_t low = lead == 0xf0 ? 0x90 : 0x80;
        const uint8_t high = lead == 0xf4 ? 0x8f : 0xbf;
        return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
    }
    return 0;
}

} // namespace

bool is_valid_utf8(std::string_view text)
{
    while (!text.empty()) {
        const size_t length = sequence_length(text);
        if (length == 0)
            return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string printable(std::string_view text, size_t characters_max)
{
    std::string out;
    for (const char c : text.substr(0, characters_max)) {
        const auto byte = static_cast<uint8_t>(c);
        if (byte >= 0x20 && byte < 0x7f && c != '\\')
            out.push_back(c);
        else
            out += fmt::format("\\x{:02x}", byte);
    }
    if (text.size() > characters_max)
        out += "…";
    return out;
}

} // namespace berth
