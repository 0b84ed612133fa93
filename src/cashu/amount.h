#pragma once
// Money as integers with checked arithmetic: Amount in a keyset's unit, Msat for everything that is compared or kept in
// books.

#include "util/result.h"

#include <compare>
#include <cstdint>
#include <vector>

namespace berth::cashu {

/// In the smallest unit of a keyset (NUT-00). Up to 2^64 − 1.
using Amount = uint64_t;

enum class Unit { sat, msat };

[[nodiscard]] Result<Unit> parse_unit(std::string_view text); ///< refused for anything but sat and msat
[[nodiscard]] std::string_view name_of(Unit unit);

/// Millisatoshi.
struct Msat {
    uint64_t value = 0;
    auto operator<=>(const Msat&) const = default;
};

/// bad_input on overflow.
[[nodiscard]] Result<Amount> add(Amount a, Amount b);
[[nodiscard]] Result<Msat> to_msat(Amount amount, Unit unit);
/// Whole units, rounded down.
[[nodiscard]] Amount from_msat(Msat msat, Unit unit);

/// `amount` as a sum of the given denominations, ascending, greedy from the largest. bad_input if a remainder is left
/// or more than `count_max` parts are needed.
[[nodiscard]] Result<std::vector<Amount>> split_amount(Amount amount, const std::vector<Amount>& denominations,
                                                       size_t count_max = 64);

} // namespace berth::cashu
