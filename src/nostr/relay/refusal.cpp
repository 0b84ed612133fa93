#include "nostr/relay/refusal.h"

#include "util/utf8.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace berth::nostr::relay {

namespace {

constexpr std::array<std::pair<std::string_view, Refusal>, 11> kPrefixes{{
    {"duplicate", Refusal::duplicate},
    {"replaced", Refusal::replaced},
    {"deleted", Refusal::deleted},
    {"blocked", Refusal::blocked},
    {"restricted", Refusal::restricted},
    {"auth-required", Refusal::auth_required},
    {"rate-limited", Refusal::rate_limited},
    {"pow", Refusal::pow},
    {"invalid", Refusal::invalid},
    {"mute", Refusal::mute},
    {"unsupported", Refusal::unsupported},
}};

std::string lower_case(std::string_view text)
{
    std::string lower{text};
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    return lower;
}

} // namespace

Refusal refusal_of(std::string_view text)
{
    constexpr std::string_view kStrfryPrefix = "error: ";
    if (lower_case(text.substr(0, kStrfryPrefix.size())) == kStrfryPrefix)
        text.remove_prefix(kStrfryPrefix.size());
    const size_t colon = text.find(':');
    if (colon == std::string_view::npos)
        return Refusal::other;
    const std::string_view prefix = text.substr(0, colon);
    for (const auto& [name, refusal] : kPrefixes)
        if (name == prefix)
            return refusal;
    return Refusal::other;
}

NoticeMeaning meaning_of_notice(std::string_view text)
{
    const std::string lower = lower_case(text.substr(0, 512));
    const auto contains = [&](std::string_view part) { return lower.find(part) != std::string::npos; };
    if (contains("too many concurrent reqs") || lower.starts_with("subscription error"))
        return NoticeMeaning::request_refused;
    if (contains("event exceeded max size") || contains("message too large"))
        return NoticeMeaning::event_too_large;
    return NoticeMeaning::chatter;
}

std::string printable(std::string_view text)
{
    constexpr size_t kTextMax = 512;
    if (text.size() > kTextMax) {
        size_t end = kTextMax; // not within a UTF-8 sequence
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
            --end;
        text = text.substr(0, end);
    }
    const bool is_utf8 = is_valid_utf8(text); // not so where it came in a close frame, which nobody checked
    std::string clean{text};
    std::replace_if(
        clean.begin(), clean.end(),
        [&](unsigned char byte) { return byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !is_utf8); }, '?');
    return clean;
}

} // namespace berth::nostr::relay
