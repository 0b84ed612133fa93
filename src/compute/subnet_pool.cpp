#include "compute/subnet_pool.h"

#include <arpa/inet.h>

#include <charconv>

namespace berth::compute {

namespace {

constexpr uint32_t kSubnetBits = 28;
constexpr uint32_t kPrefixBitsMin = 8;
// Odd, thus prime to the pool's size (a power of two), and far from the first choices of neighbours.
constexpr uint32_t kAttemptStride = 1021;

} // namespace

Result<SubnetPool> SubnetPool::parse(std::string_view text)
{
    const size_t slash = text.find('/');
    if (slash == std::string_view::npos)
        return fail(Errc::bad_input, "a subnet pool is written address/bits");
    const std::string address_text{text.substr(0, slash)};
    const std::string_view bits_text = text.substr(slash + 1);
    uint32_t bits = 0;
    const auto [end, error] = std::from_chars(bits_text.data(), bits_text.data() + bits_text.size(), bits);
    in_addr address{};
    if (error != std::errc{} || end != bits_text.data() + bits_text.size() ||
        inet_pton(AF_INET, address_text.c_str(), &address) != 1)
        return fail(Errc::bad_input, "malformed subnet pool");
    if (bits < kPrefixBitsMin || bits > kSubnetBits)
        return fail(Errc::bad_input, "a subnet pool has {} to {} bits, not {}", kPrefixBitsMin, kSubnetBits, bits);
    const uint32_t base = ntohl(address.s_addr);
    if ((base & (UINT32_MAX >> bits)) != 0)
        return fail(Errc::bad_input, "the subnet pool has host bits set");
    return SubnetPool{base, 1u << (kSubnetBits - bits)};
}

std::string SubnetPool::subnet_for(uint32_t number, uint32_t attempt) const
{
    const uint32_t index = (number + attempt * kAttemptStride) & (count_ - 1);
    const uint32_t address = base_ + (index << (32 - kSubnetBits));
    return fmt::format("{}.{}.{}.{}/{}", address >> 24, (address >> 16) & 0xff, (address >> 8) & 0xff, address & 0xff,
                       kSubnetBits);
}

} // namespace berth::compute
