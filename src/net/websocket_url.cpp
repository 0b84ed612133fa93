#include "net/websocket_url.h"

#include <algorithm>
#include <charconv>

namespace berth::net {

namespace {

struct HostAndPort {
    std::string_view host;
    std::string_view port; ///< empty if none
};

Result<HostAndPort> split_authority(std::string_view authority)
{
    size_t host_end = authority.find(':');
    HostAndPort parts;
    if (authority.starts_with('[')) {
        const size_t bracket = authority.find(']');
        if (bracket == std::string_view::npos)
            return fail(Errc::bad_input, "the URL's IPv6 address has no closing bracket");
        parts.host = authority.substr(1, bracket - 1);
        host_end = bracket + 1;
        if (host_end < authority.size() && authority[host_end] != ':')
            return fail(Errc::bad_input, "the URL's host is malformed");
    } else {
        parts.host = authority.substr(0, host_end);
    }
    if (host_end < authority.size())
        parts.port = authority.substr(host_end + 1);
    if (parts.host.empty())
        return fail(Errc::bad_input, "the URL names no host");
    return parts;
}

Result<uint16_t> parse_port(std::string_view text)
{
    uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0)
        return fail(Errc::bad_input, "the URL's port is malformed");
    return port;
}

} // namespace

Result<WebSocketUrl> parse_websocket_url(std::string_view text)
{
    const bool is_tls = text.starts_with("wss://");
    if (!is_tls && !text.starts_with("ws://"))
        return fail(Errc::bad_input, "the URL is neither ws:// nor wss://");
    const auto is_foreign = [](char c) { return c <= ' ' || c > '~' || c == '#' || c == '@' || c == '\\'; };
    if (std::any_of(text.begin(), text.end(), is_foreign))
        return fail(Errc::bad_input, "the URL has a character that may not stand there");
    text.remove_prefix(is_tls ? 6 : 5);
    const size_t path_start = std::min(text.find_first_of("/?"), text.size());
    const HostAndPort authority = TRY(split_authority(text.substr(0, path_start)));

    const uint16_t default_port = is_tls ? 443 : 80;
    uint16_t port = default_port;
    if (!authority.port.empty())
        port = TRY(parse_port(authority.port));
    std::string path{text.substr(path_start)};
    if (!path.starts_with('/'))
        path.insert(0, "/");
    std::string host{authority.host};
    std::string host_header = host.find(':') == std::string::npos ? host : "[" + host + "]";
    if (port != default_port)
        host_header += fmt::format(":{}", port);
    return WebSocketUrl{.is_tls = is_tls,
                        .host = std::move(host),
                        .port = port,
                        .path = std::move(path),
                        .host_header = std::move(host_header)};
}

} // namespace berth::net
