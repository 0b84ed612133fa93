#pragma once
// The /28 subnets of leases' networks, cut from one IPv4 range. Pure arithmetic: the Engine knows who holds which.

#include "util/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace berth::compute {

class SubnetPool {
public:
    /// "10.213.0.0/16": a network address with a prefix of 8 to 28 bits and no host bits set.
    [[nodiscard]] static Result<SubnetPool> parse(std::string_view text);

    /// How many /28 there are.
    [[nodiscard]] uint32_t size() const { return count_; }

    /// The subnet that a lease's number tries on its n-th attempt, as "10.213.62.128/28". Neighbouring numbers have
    /// different first choices, and the first size() attempts of a number meet every subnet once.
    [[nodiscard]] std::string subnet_for(uint32_t number, uint32_t attempt) const;

private:
    SubnetPool(uint32_t base, uint32_t count) : base_{base}, count_{count} {}

    uint32_t base_;
    uint32_t count_;
};

} // namespace berth::compute
