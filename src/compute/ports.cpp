#include "compute/ports.h"

#include <charconv>

namespace berth::compute {

namespace {

Result<uint16_t> parse_port(std::string_view text)
{
    uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port == 0)
        return fail(Errc::bad_input, "a port is a number from 1 to 65535");
    return port;
}

} // namespace

Result<PortRange> PortRange::parse(std::string_view text)
{
    const size_t dash = text.find('-');
    if (dash == std::string_view::npos)
        return fail(Errc::bad_input, "a port range is written first-last");
    const uint16_t first = TRY(parse_port(text.substr(0, dash)));
    const uint16_t last = TRY(parse_port(text.substr(dash + 1)));
    if (first > last)
        return fail(Errc::bad_input, "port range {}-{} is upside down", first, last);
    return PortRange{.first = first, .last = last};
}

Result<std::vector<uint16_t>> PortLedger::take(size_t count, std::optional<uint16_t> preferred)
{
    std::vector<uint16_t> found;
    if (count == 0)
        return found;
    const auto is_inside = [this](uint16_t port) { return port >= range_.first && port <= range_.last; };
    if (preferred && is_inside(*preferred) && is_free(*preferred))
        found.push_back(*preferred);
    const size_t size = static_cast<size_t>(range_.last - range_.first) + 1;
    uint16_t port = is_inside(next_) ? next_ : range_.first;
    for (size_t looked_at = 0; looked_at < size && found.size() < count; ++looked_at) {
        if (port != preferred && is_free(port))
            found.push_back(port);
        port = port == range_.last ? range_.first : static_cast<uint16_t>(port + 1);
    }
    if (found.size() < count)
        return fail(Errc::unavailable, "{} of {} ports free in {}-{}", found.size(), count, range_.first, range_.last);
    taken_.insert(found.begin(), found.end());
    next_ = port;
    return found;
}

size_t PortLedger::free_count() const
{
    const auto first = taken_.lower_bound(range_.first);
    const auto end = taken_.upper_bound(range_.last);
    return static_cast<size_t>(range_.last - range_.first) + 1 - static_cast<size_t>(std::distance(first, end));
}

} // namespace berth::compute
