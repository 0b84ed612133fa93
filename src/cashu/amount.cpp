#include "cashu/amount.h"

#include <algorithm>
#include <functional>

namespace berth::cashu {

namespace {

constexpr uint64_t kMsatPerSat = 1000;

} // namespace

Result<Unit> parse_unit(std::string_view text)
{
    if (text == "sat")
        return Unit::sat;
    if (text == "msat")
        return Unit::msat;
    return fail(Errc::refused, "the unit is neither sat nor msat");
}

std::string_view name_of(Unit unit)
{
    return unit == Unit::sat ? "sat" : "msat";
}

Result<Amount> add(Amount a, Amount b)
{
    Amount sum = 0;
    if (__builtin_add_overflow(a, b, &sum))
        return fail(Errc::bad_input, "{} + {} overflows", a, b);
    return sum;
}

Result<Msat> to_msat(Amount amount, Unit unit)
{
    if (unit == Unit::msat)
        return Msat{amount};
    uint64_t product = 0;
    if (__builtin_mul_overflow(amount, kMsatPerSat, &product))
        return fail(Errc::bad_input, "{} sat overflow as msat", amount);
    return Msat{product};
}

Amount from_msat(Msat msat, Unit unit)
{
    return unit == Unit::msat ? msat.value : msat.value / kMsatPerSat;
}

Result<std::vector<Amount>> split_amount(Amount amount, const std::vector<Amount>& denominations, size_t count_max)
{
    std::vector<Amount> descending{denominations};
    std::sort(descending.begin(), descending.end(), std::greater<>{});
    std::vector<Amount> parts;
    Amount rest = amount;
    for (const Amount denomination : descending) {
        if (denomination == 0)
            continue;
        const uint64_t count = rest / denomination;
        if (count > count_max - parts.size())
            return fail(Errc::bad_input, "{} needs more than {} parts", amount, count_max);
        parts.insert(parts.end(), count, denomination);
        rest -= count * denomination;
    }
    if (rest != 0)
        return fail(Errc::bad_input, "{} can't be made of the keyset's amounts", amount);
    std::reverse(parts.begin(), parts.end());
    return parts;
}

} // namespace berth::cashu
