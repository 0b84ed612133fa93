#include "provider/log_text.h"

#include "util/utf8.h"

#include <algorithm>

namespace berth::provider {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD"; // U+FFFD

/// Bytes of the character that begins here; 0 when none does.
size_t character_size(std::string_view text)
{
    const auto lead = static_cast<unsigned char>(text.front());
    const size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    return size <= text.size() && is_valid_utf8(text.substr(0, size)) ? size : 0;
}

bool is_control(char c)
{
    return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == '\x7f';
}

std::string make_safe(std::string_view raw)
{
    std::string safe;
    safe.reserve(raw.size());
    while (!raw.empty()) {
        const size_t size = character_size(raw);
        if (size == 1 && raw.starts_with("\r\n"))
            ; // a terminal's line end
        else if (size == 0 || (size == 1 && is_control(raw.front())))
            safe.append(kReplacement);
        else
            safe.append(raw.substr(0, size));
        raw.remove_prefix(std::max<size_t>(size, 1));
    }
    return safe;
}

/// Bytes of one byte of text in JSON within JSON.
size_t cost_of(char c)
{
    if (c == '"' || c == '\\')
        return 4;
    return c == '\n' || c == '\t' ? 3 : 1;
}

bool is_continuation(char c)
{
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

} // namespace

LogText make_log_text(std::string_view raw, size_t cost_max)
{
    const std::string safe = make_safe(raw);
    size_t cost = 0;
    size_t begin = safe.size();
    while (begin > 0 && cost + cost_of(safe[begin - 1]) <= cost_max)
        cost += cost_of(safe[--begin]);
    if (begin == 0)
        return {.text = safe, .truncated = false};
    while (begin < safe.size() && is_continuation(safe[begin]))
        ++begin;
    const size_t line_end = safe.find('\n', begin);
    if (line_end != std::string::npos && line_end + 1 < safe.size())
        begin = line_end + 1;
    return {.text = safe.substr(begin), .truncated = true};
}

} // namespace berth::provider
