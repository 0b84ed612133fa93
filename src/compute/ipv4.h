#pragma once
// Ranges of IPv4 addresses, as configuration and routing tables write them. Pure.

#include "util/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace berth::compute {

/// The number of "10.0.0.53", most significant byte first; nothing for any other text.
[[nodiscard]] std::optional<uint32_t> parse_ipv4(std::string_view text);
[[nodiscard]] std::string ipv4_text(uint32_t address);

struct Ipv4Range {
    uint32_t base = 0; ///< without host bits
    uint32_t bits = 0; ///< 0 … 32

    /// "10.213.0.0/16", or an address alone, which is a range of one. bad_input for anything else, host bits included.
    [[nodiscard]] static Result<Ipv4Range> parse(std::string_view text);
    [[nodiscard]] std::string text() const;
    [[nodiscard]] uint32_t mask() const { return bits == 0 ? 0 : UINT32_MAX << (32 - bits); }
    [[nodiscard]] bool contains(uint32_t address) const { return (address & mask()) == base; }
    /// One of two ranges that overlap contains the other.
    [[nodiscard]] bool overlaps(const Ipv4Range& other) const { return contains(other.base) || other.contains(base); }
};

} // namespace berth::compute
