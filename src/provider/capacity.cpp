#include "provider/capacity.h"

#include "provider/options.h"

#include <algorithm>
#include <limits>

namespace berth::provider {

namespace {

constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();

uint64_t plus(uint64_t a, uint64_t b)
{
    return a > kMost - b ? kMost : a + b;
}

uint64_t minus(uint64_t total, uint64_t used)
{
    return total > used ? total - used : 0;
}

uint64_t times(uint64_t a, uint64_t b)
{
    return b != 0 && a > kMost / b ? kMost : a * b;
}

} // namespace

uint64_t overcommitted(uint64_t value, uint32_t thousandths)
{
    // In two parts, so that no step needs more than 64 bits unless the outcome does.
    const uint64_t whole = times(value / kThousandths, thousandths);
    const uint64_t rest = value % kThousandths * thousandths / kThousandths;
    return plus(whole, rest);
}

Resources for_sale(const Capacity& given, const Resources& measured)
{
    return {.cpu_millicores =
                overcommitted(given.cpu_millicores.value_or(measured.cpu_millicores), given.cpu_overcommit),
            .memory_mb = overcommitted(given.memory_mb.value_or(measured.memory_mb), given.memory_overcommit),
            .storage_gb = overcommitted(given.storage_gb.value_or(measured.storage_gb), given.storage_overcommit)};
}

Resources with_one_more(const Resources& sold, const Spec& spec)
{
    return {.cpu_millicores = plus(sold.cpu_millicores, spec.cpu_millicores),
            .memory_mb = plus(sold.memory_mb, spec.memory_mb),
            .storage_gb = plus(sold.storage_gb, spec.disk_gb)};
}

Resources left_of(const Resources& total, const Resources& sold)
{
    return {.cpu_millicores = minus(total.cpu_millicores, sold.cpu_millicores),
            .memory_mb = minus(total.memory_mb, sold.memory_mb),
            .storage_gb = minus(total.storage_gb, sold.storage_gb)};
}

uint64_t slots_in(const Resources& free, const Spec& spec)
{
    const auto fit = [](uint64_t available, uint64_t size) { return size == 0 ? kMost : available / size; };
    return std::min({fit(free.cpu_millicores, spec.cpu_millicores), fit(free.memory_mb, spec.memory_mb),
                     fit(free.storage_gb, spec.disk_gb)});
}

} // namespace berth::provider
