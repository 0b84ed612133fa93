#include "compute/subnet_pool.h"

#include "compute/ipv4.h"

namespace berth::compute {

namespace {

constexpr uint32_t kSubnetBits = 28;
constexpr uint32_t kPrefixBitsMin = 8;
// Odd, thus prime to the pool's size (a power of two), and far from the first choices of neighbours.
constexpr uint32_t kAttemptStride = 1021;

} // namespace

Result<SubnetPool> SubnetPool::parse(std::string_view text)
{
    const Ipv4Range range = TRY(Ipv4Range::parse(text));
    if (range.bits < kPrefixBitsMin || range.bits > kSubnetBits)
        return fail(Errc::bad_input, "a subnet pool has {} to {} bits, not {}", kPrefixBitsMin, kSubnetBits,
                    range.bits);
    return SubnetPool{range.base, 1u << (kSubnetBits - range.bits)};
}

std::string SubnetPool::subnet_for(uint32_t number, uint32_t attempt) const
{
    const uint32_t index = (number + attempt * kAttemptStride) & (count_ - 1);
    const uint32_t address = base_ + (index << (32 - kSubnetBits));
    return Ipv4Range{.base = address, .bits = kSubnetBits}.text();
}

} // namespace berth::compute
