#include "compute/ipv4.h"

#include <arpa/inet.h>

#include <charconv>

namespace berth::compute {

std::optional<uint32_t> parse_ipv4(std::string_view text)
{
    in_addr address{};
    if (inet_pton(AF_INET, std::string{text}.c_str(), &address) != 1)
        return std::nullopt;
    return ntohl(address.s_addr);
}

std::string ipv4_text(uint32_t address)
{
    return fmt::format("{}.{}.{}.{}", address >> 24, (address >> 16) & 0xff, (address >> 8) & 0xff, address & 0xff);
}

Result<Ipv4Range> Ipv4Range::parse(std::string_view text)
{
    const size_t slash = text.find('/');
    uint32_t bits = 32;
    if (slash != std::string_view::npos) {
        const std::string_view bits_text = text.substr(slash + 1);
        const auto [end, error] = std::from_chars(bits_text.data(), bits_text.data() + bits_text.size(), bits);
        if (error != std::errc{} || end != bits_text.data() + bits_text.size() || bits > 32)
            return fail(Errc::bad_input, "a range of addresses is written address/bits");
    }
    const auto address = parse_ipv4(text.substr(0, slash));
    if (!address)
        return fail(Errc::bad_input, "malformed IPv4 address");
    const Ipv4Range range{.base = *address, .bits = bits};
    if ((range.base & ~range.mask()) != 0)
        return fail(Errc::bad_input, "the range has host bits set");
    return range;
}

std::string Ipv4Range::text() const
{
    return fmt::format("{}/{}", ipv4_text(base), bits);
}

} // namespace berth::compute
