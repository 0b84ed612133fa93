#include "compute/image_reference.h"

#include <algorithm>

namespace berth::compute {

namespace {

constexpr size_t kReferenceLengthMax = 255;
constexpr size_t kTagLengthMax = 128;
constexpr size_t kHostLabelLengthMax = 63;
constexpr std::string_view kDigestPrefix = "sha256:";
constexpr size_t kDigestHexLength = 64;

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool is_lower_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || is_digit(c);
}

bool is_letter_or_digit(char c)
{
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z');
}

/// A tag is a letter, digit or '_', then up to 127 more of those or '.' and '-'.
bool is_tag(std::string_view text)
{
    if (text.empty() || text.size() > kTagLengthMax || text.front() == '.' || text.front() == '-')
        return false;
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return is_letter_or_digit(c) || c == '_' || c == '.' || c == '-'; });
}

bool is_digest(std::string_view text)
{
    if (!text.starts_with(kDigestPrefix))
        return false;
    text.remove_prefix(kDigestPrefix.size());
    return text.size() == kDigestHexLength &&
           std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
}

bool is_port(std::string_view text)
{
    if (text.empty() || text.size() > 5 || text.front() == '0' || !std::all_of(text.begin(), text.end(), is_digit))
        return false;
    return text.size() < 5 || text <= "65535";
}

bool is_host_label(std::string_view label)
{
    if (label.empty() || label.size() > kHostLabelLengthMax || label.front() == '-' || label.back() == '-')
        return false;
    return std::all_of(label.begin(), label.end(), [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

/// host[:port]: a DNS name or an IPv4 address.
bool is_host(std::string_view text)
{
    const size_t colon = text.find(':');
    if (colon != std::string_view::npos) {
        if (!is_port(text.substr(colon + 1)))
            return false;
        text = text.substr(0, colon);
    }
    for (;;) {
        const size_t dot = text.find('.');
        if (!is_host_label(text.substr(0, dot)))
            return false;
        if (dot == std::string_view::npos)
            return true;
        text.remove_prefix(dot + 1);
    }
}

/// Runs of lower-case letters and digits, joined by one '.', one or two '_', or any number of '-'.
bool is_path_component(std::string_view text)
{
    if (text.empty() || !is_lower_or_digit(text.front()) || !is_lower_or_digit(text.back()))
        return false;
    for (size_t i = 0; i < text.size();) {
        if (is_lower_or_digit(text[i])) {
            ++i;
            continue;
        }
        const size_t end = std::min(text.find_first_not_of(text[i], i), text.size());
        const size_t run = end - i;
        const bool joins = text[i] == '-' || (text[i] == '.' && run == 1) || (text[i] == '_' && run <= 2);
        if (!joins || !is_lower_or_digit(text[end]))
            return false;
        i = end;
    }
    return true;
}

bool is_path(std::string_view text)
{
    for (;;) {
        const size_t slash = text.find('/');
        if (!is_path_component(text.substr(0, slash)))
            return false;
        if (slash == std::string_view::npos)
            return true;
        text.remove_prefix(slash + 1);
    }
}

/// The first component is a host if it can't be a path of the default registry: it has a dot, a port, or is localhost.
bool is_name(std::string_view text)
{
    const size_t slash = text.find('/');
    if (slash == std::string_view::npos)
        return is_path_component(text);
    const std::string_view first = text.substr(0, slash);
    if (first.find_first_of(".:") == std::string_view::npos && first != "localhost")
        return is_path(text);
    return is_host(first) && is_path(text.substr(slash + 1));
}

} // namespace

Result<ImageReference> split_image_reference(std::string_view text)
{
    if (text.empty() || text.size() > kReferenceLengthMax)
        return fail(Errc::bad_input, "image reference of {} characters, limit {}", text.size(), kReferenceLengthMax);
    ImageReference reference;
    const size_t at = text.find('@');
    if (at != std::string_view::npos) {
        reference.digest = text.substr(at + 1);
        if (!is_digest(reference.digest))
            return fail(Errc::bad_input, "image digest must be sha256 and 64 lower-case hex digits");
        text = text.substr(0, at);
    }
    const size_t colon = text.rfind(':');
    const size_t slash = text.rfind('/');
    // A colon before the last slash belongs to the host's port.
    if (colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash)) {
        reference.tag = text.substr(colon + 1);
        if (!is_tag(reference.tag))
            return fail(Errc::bad_input, "malformed tag in image reference");
        text = text.substr(0, colon);
    }
    if (!is_name(text))
        return fail(Errc::bad_input, "malformed name in image reference");
    // The Engine takes 64 hex digits for an image's id, not for a name.
    if (is_digest(std::string{kDigestPrefix}.append(text)))
        return fail(Errc::bad_input, "image reference looks like an image id");
    reference.name = text;
    if (reference.tag.empty() && reference.digest.empty())
        reference.tag = "latest";
    return reference;
}

Result<std::string> parse_image_reference(std::string_view text)
{
    const ImageReference reference = TRY(split_image_reference(text));
    std::string whole = reference.name;
    if (!reference.tag.empty())
        whole += ":" + reference.tag;
    if (!reference.digest.empty())
        whole += "@" + reference.digest;
    if (whole.size() > kReferenceLengthMax)
        return fail(Errc::bad_input, "image reference of {} characters, limit {}", whole.size(), kReferenceLengthMax);
    return whole;
}

} // namespace berth::compute
