#include "nostr/relay_url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace berth::nostr {

namespace {

constexpr size_t kUrlCharactersMax = 512;
constexpr size_t kHostCharactersMax = 253;

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && text.front() == ' ')
        text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ')
        text.remove_suffix(1);
    return text;
}

bool take_scheme(std::string_view& text, std::string_view scheme)
{
    if (text.size() < scheme.size() ||
        !std::equal(scheme.begin(), scheme.end(), text.begin(), [](char a, char b) { return a == lower(b); }))
        return false;
    text.remove_prefix(scheme.size());
    return true;
}

/// IPv6 text in its canonical form; empty when it isn't one.
std::string canonical_ipv6(std::string_view text)
{
    std::array<uint8_t, 16> address{};
    std::array<char, INET6_ADDRSTRLEN> out{};
    if (inet_pton(AF_INET6, std::string{text}.c_str(), address.data()) != 1 ||
        !inet_ntop(AF_INET6, address.data(), out.data(), out.size()))
        return {};
    return out.data();
}

bool is_host_name(std::string_view host)
{
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '.' || c == '_';
    };
    return !host.empty() && host.size() <= kHostCharactersMax && std::all_of(host.begin(), host.end(), allowed) &&
           host.front() != '.' && host.find("..") == std::string_view::npos;
}

/// Takes the host off the front of `authority`, leaving nothing or `:port`.
Result<std::string> take_host(std::string_view& authority)
{
    const bool bracketed = authority.starts_with('[');
    const size_t end = bracketed ? authority.find(']') : std::min(authority.find(':'), authority.size());
    if (end == std::string_view::npos)
        return fail(Errc::bad_input, "relay URL has a broken host");
    std::string host;
    if (bracketed) {
        host = canonical_ipv6(authority.substr(1, end - 1));
    } else {
        host = authority.substr(0, end);
        std::transform(host.begin(), host.end(), host.begin(), lower);
    }
    if (host.empty() || (!bracketed && !is_host_name(host)))
        return fail(Errc::bad_input, "relay URL has a bad host");
    authority.remove_prefix(bracketed ? end + 1 : end);
    return host;
}

Result<uint16_t> read_port(std::string_view text, uint16_t fallback)
{
    if (text.empty())
        return fallback;
    uint16_t port = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data() + 1, end, port);
    if (text.front() != ':' || error != std::errc{} || stopped != end || port == 0)
        return fail(Errc::bad_input, "relay URL has a bad port");
    return port;
}

/// Path and query in normal form.
std::string normal_target(std::string_view text)
{
    text = text.substr(0, text.find('#'));
    if (text.find('?') == std::string_view::npos)
        while (!text.empty() && text.back() == '/')
            text.remove_suffix(1);
    return text.starts_with('/') ? std::string{text} : "/" + std::string{text};
}

bool is_public_ipv4(const std::array<uint8_t, 4>& ip)
{
    const bool special =
        ip[0] == 0 || ip[0] == 10 || ip[0] == 127 || ip[0] >= 224 || (ip[0] == 100 && (ip[1] & 0xc0) == 64) ||
        (ip[0] == 169 && ip[1] == 254) || (ip[0] == 172 && (ip[1] & 0xf0) == 16) || (ip[0] == 192 && ip[1] == 168) ||
        (ip[0] == 192 && ip[1] == 0 && (ip[2] == 0 || ip[2] == 2)) || (ip[0] == 198 && (ip[1] & 0xfe) == 18) ||
        (ip[0] == 198 && ip[1] == 51 && ip[2] == 100) || (ip[0] == 203 && ip[1] == 0 && ip[2] == 113);
    return !special;
}

/// Global unicast, less the ranges for documentation and those that carry an IPv4 address inside.
bool is_public_ipv6(const std::array<uint8_t, 16>& ip)
{
    const bool global = (ip[0] & 0xe0) == 0x20;
    const bool documentation = ip[0] == 0x20 && ip[1] == 0x01 && ip[2] == 0x0d && ip[3] == 0xb8;
    const bool teredo = ip[0] == 0x20 && ip[1] == 0x01 && ip[2] == 0 && ip[3] == 0;
    const bool six_to_four = ip[0] == 0x20 && ip[1] == 0x02;
    return global && !documentation && !teredo && !six_to_four;
}

} // namespace

Result<RelayUrl> parse_relay_url(std::string_view text)
{
    text = trimmed(text);
    const auto is_printable = [](char c) { return c > 32 && c < 127; };
    if (text.size() > kUrlCharactersMax || !std::all_of(text.begin(), text.end(), is_printable))
        return fail(Errc::bad_input, "relay URL is too long or not printable ASCII");
    RelayUrl url;
    url.tls = take_scheme(text, "wss://");
    if (!url.tls && !take_scheme(text, "ws://"))
        return fail(Errc::bad_input, "relay URL must begin with ws:// or wss://");
    const size_t authority_end = std::min(text.find_first_of("/?#"), text.size());
    std::string_view authority = text.substr(0, authority_end);
    if (authority.find('@') != std::string_view::npos)
        return fail(Errc::bad_input, "relay URL must not hold a user name");
    url.host = TRY(take_host(authority));
    url.port = TRY(read_port(authority, url.tls ? 443 : 80));
    url.target = normal_target(text.substr(authority_end));
    return url;
}

Result<std::string> normalise_relay_url(std::string_view text)
{
    const RelayUrl url = TRY(parse_relay_url(text));
    std::string out = url.tls ? "wss://" : "ws://";
    out += url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
    if (url.port != (url.tls ? 443 : 80))
        out += fmt::format(":{}", url.port);
    if (url.target != "/")
        out += url.target;
    if (out.size() > kUrlCharactersMax)
        return fail(Errc::bad_input, "relay URL is too long");
    return out;
}

bool is_public_host(std::string_view host)
{
    const std::string text{host};
    std::array<uint8_t, 16> ipv6{};
    if (inet_pton(AF_INET6, text.c_str(), ipv6.data()) == 1)
        return is_public_ipv6(ipv6);
    std::array<uint8_t, 4> ipv4{};
    if (inet_pton(AF_INET, text.c_str(), ipv4.data()) == 1)
        return is_public_ipv4(ipv4);
    if (host.ends_with('.'))
        host.remove_suffix(1);
    const size_t dot = host.rfind('.');
    if (dot == std::string_view::npos || dot + 1 == host.size() || !is_host_name(host))
        return false;
    // Resolvers read 127.1 and 0x7f.1 as addresses, so a name may not end in something like a number.
    const std::string_view top = host.substr(dot + 1);
    return !is_digit(top.front()) && top != "local" && top != "internal" && top != "localhost" && top != "lan" &&
           top != "home" && top != "test" && top != "invalid" && !host.ends_with(".home.arpa");
}

bool is_public_relay_url(std::string_view text)
{
    const Result<RelayUrl> url = parse_relay_url(text);
    return url && url->tls && is_public_host(url->host);
}

} // namespace berth::nostr
