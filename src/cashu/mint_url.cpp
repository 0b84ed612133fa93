#include "cashu/mint_url.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace berth::cashu {

namespace {

constexpr size_t kUrlLengthMax = 1024;

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool is_host_character(char c)
{
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '.' || c == '_';
}

bool is_address_character(char c)
{
    return (c >= 'a' && c <= 'f') || is_digit(c) || c == ':' || c == '.';
}

std::string lower_case(std::string_view text)
{
    std::string out{text};
    for (char& c : out)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return out;
}

Result<std::string> normalise_host(std::string_view text)
{
    const std::string host = lower_case(text);
    if (host.starts_with('[')) {
        const std::string_view address = std::string_view{host}.substr(1, host.size() - 2);
        if (!host.ends_with(']') || address.size() < 2 ||
            !std::all_of(address.begin(), address.end(), is_address_character))
            return fail(Errc::bad_input, "the mint URL's IPv6 address is malformed");
        return host;
    }
    if (host.empty() || host.front() == '.' || host.find("..") != std::string::npos)
        return fail(Errc::bad_input, "the mint URL has no proper host");
    if (!std::all_of(host.begin(), host.end(), is_host_character))
        return fail(Errc::bad_input, "the mint URL's host has a character that no host name has");
    return host;
}

/// ":port", or nothing when it is the scheme's own.
Result<std::string> normalise_port(std::string_view digits, std::string_view scheme)
{
    uint32_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit) || error != std::errc{} ||
        end != digits.data() + digits.size() || port == 0 || port > 65535)
        return fail(Errc::bad_input, "the mint URL's port is not in 1..65535");
    if (port == (scheme == "https" ? 443u : 80u))
        return std::string{};
    return fmt::format(":{}", port);
}

std::string normalise_path(std::string_view path)
{
    std::vector<std::string_view> segments;
    while (!path.empty()) {
        path.remove_prefix(1);
        const size_t length = std::min(path.find('/'), path.size());
        const std::string_view segment = path.substr(0, length);
        if (segment == ".." && !segments.empty())
            segments.pop_back();
        else if (segment != "." && segment != "..")
            segments.push_back(segment);
        path.remove_prefix(length);
    }
    while (!segments.empty() && segments.back().empty())
        segments.pop_back();
    std::string out;
    for (const std::string_view segment : segments)
        out.append("/").append(segment);
    return out;
}

/// Where the port's colon stands, or the end. Colons inside an IPv6 literal don't count.
size_t end_of_host(std::string_view authority)
{
    const size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
    return std::min(authority.find(':', bracket == std::string_view::npos ? 0 : bracket), authority.size());
}

} // namespace

Result<std::string> normalise_mint_url(std::string_view url)
{
    if (url.size() > kUrlLengthMax)
        return fail(Errc::bad_input, "the mint URL is longer than {} characters", kUrlLengthMax);
    const auto is_forbidden = [](char c) {
        return c <= ' ' || c == 0x7f || static_cast<unsigned char>(c) > 0x7f ||
               std::string_view{"\\%?#"}.find(c) != std::string_view::npos;
    };
    if (std::any_of(url.begin(), url.end(), is_forbidden))
        return fail(Errc::bad_input, "the mint URL has a character that is not allowed there");

    const size_t separator = url.find("://");
    const std::string scheme = lower_case(url.substr(0, std::min(separator, url.size())));
    if (separator == std::string_view::npos || (scheme != "http" && scheme != "https"))
        return fail(Errc::bad_input, "the mint URL is neither http nor https");

    const std::string_view rest = url.substr(separator + 3);
    const std::string_view authority = rest.substr(0, rest.find('/'));
    const std::string_view path = rest.substr(authority.size());
    const size_t host_length = end_of_host(authority);
    const std::string host = TRY(normalise_host(authority.substr(0, host_length)));
    std::string port;
    if (host_length < authority.size())
        port = TRY(normalise_port(authority.substr(host_length + 1), scheme));
    return scheme + "://" + host + port + normalise_path(path);
}

bool is_local_or_onion(std::string_view normalised_url)
{
    const size_t separator = normalised_url.find("://");
    if (separator == std::string_view::npos)
        return false;
    const std::string_view rest = normalised_url.substr(separator + 3);
    const std::string_view authority = rest.substr(0, rest.find('/'));
    const std::string_view host = authority.substr(0, end_of_host(authority));
    const auto is_numeric = [](char c) { return is_digit(c) || c == '.'; };
    const bool is_loopback = host.starts_with("127.") && std::all_of(host.begin(), host.end(), is_numeric);
    return host == "localhost" || host == "[::1]" || is_loopback || host.ends_with(".onion");
}

} // namespace berth::cashu
