#pragma once
// What a host has for sale, and what is left of it. Integers only: nothing is rounded up, and what would overflow stays
// at the end that sells less.

#include <cstdint>

namespace berth::provider {

struct Capacity;
struct Spec;

/// What leases share.
struct Resources {
    uint64_t cpu_millicores = 0;
    uint64_t memory_mb = 0;
    uint64_t storage_gb = 0;

    bool operator==(const Resources&) const = default;
};

/// The unit of overcommit factors.
inline constexpr uint32_t kThousandths = 1000;

/// `value` times `thousandths` / 1000, rounded down; the largest number if that is more.
[[nodiscard]] uint64_t overcommitted(uint64_t value, uint32_t thousandths);

/// What may be sold of a host that has `measured`.
[[nodiscard]] Resources for_sale(const Capacity& given, const Resources& measured);

/// `sold` and one more of this size; what exceeds the largest number counts as that.
[[nodiscard]] Resources with_one_more(const Resources& sold, const Spec& spec);

/// What is left of `total`: nothing where more is sold than there is, as after a host or its factors became smaller.
[[nodiscard]] Resources left_of(const Resources& total, const Resources& sold);

/// How many of this size fit; the largest number when it takes nothing.
[[nodiscard]] uint64_t slots_in(const Resources& free, const Spec& spec);

} // namespace berth::provider
