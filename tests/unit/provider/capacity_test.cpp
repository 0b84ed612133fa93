#include "provider/capacity.h"

#include "provider/options.h"

#include <doctest/doctest.h>

#include <limits>

namespace berth::provider {
namespace {

constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();

Spec size_of(uint32_t cpu, uint64_t memory, uint64_t disk)
{
    return {.id = "size", .cpu_millicores = cpu, .memory_mb = memory, .disk_gb = disk};
}

TEST_CASE("a factor is exact to the thousandth, and nothing is rounded up")
{
    CHECK(overcommitted(4000, 1000) == 4000);
    CHECK(overcommitted(4000, 1100) == 4400);
    CHECK(overcommitted(100, 290) == 29); // 100 * 0.29 is 28.999… as a double
    CHECK(overcommitted(9, 100) == 0);
    CHECK(overcommitted(999, 1001) == 999);
    CHECK(overcommitted(1001, 1001) == 1002);
    CHECK(overcommitted(0, 1'000'000) == 0);
}

TEST_CASE("a product that needs more than 64 bits stays at the largest number")
{
    CHECK(overcommitted(kMost, 1000) == kMost);
    CHECK(overcommitted(kMost, 1001) == kMost);
    CHECK(overcommitted(kMost, 999) == 18'428'297'329'635'842'063u); // floor(kMost * 0.999)
    CHECK(overcommitted(kMost / 1000, 1'000'000) == kMost / 1000 * 1000);
    CHECK(overcommitted(kMost / 1000 + 1, 1'000'000) == kMost);
    CHECK(overcommitted(kMost, 1'000'000) == kMost);
}

TEST_CASE("what the operator gives wins over what was measured, and each has its own factor")
{
    const Resources measured{.cpu_millicores = 8000, .memory_mb = 16'000, .storage_gb = 200};
    CHECK(for_sale({}, measured) == measured);
    const Capacity given{
        .memory_mb = 1000, .cpu_overcommit = 2500, .memory_overcommit = 500, .storage_overcommit = 1001};
    CHECK(for_sale(given, measured) == Resources{.cpu_millicores = 20'000, .memory_mb = 500, .storage_gb = 200});
}

TEST_CASE("slots are what the scarcest share allows")
{
    const Resources free{.cpu_millicores = 1000, .memory_mb = 1023, .storage_gb = 5};
    CHECK(slots_in(free, size_of(100, 1, 1)) == 5);
    CHECK(slots_in(free, size_of(100, 512, 0)) == 1);
    CHECK(slots_in(free, size_of(101, 1, 0)) == 9);
    CHECK(slots_in(free, size_of(1001, 1, 1)) == 0);
    CHECK(slots_in({}, size_of(10, 6, 0)) == 0);
    CHECK(slots_in({}, size_of(0, 0, 0)) == kMost);
}

TEST_CASE("ten fit into ten, and an eleventh never does")
{
    const Spec spec = size_of(200, 128, 1);
    const Resources total{.cpu_millicores = 2000, .memory_mb = 1280, .storage_gb = 10};
    Resources sold;
    for (uint64_t left = 10; left > 0; --left) {
        CHECK(slots_in(left_of(total, sold), spec) == left);
        sold = with_one_more(sold, spec);
    }
    CHECK(left_of(total, sold) == Resources{});
    CHECK(slots_in(left_of(total, sold), spec) == 0);
    // More is sold than there is once the host has become smaller: nothing is left, rather than very much.
    sold = with_one_more(sold, spec);
    CHECK(left_of(total, sold) == Resources{});
}

TEST_CASE("a sum beyond the largest number leaves nothing to sell")
{
    const Spec vast = size_of(std::numeric_limits<uint32_t>::max(), kMost, kMost - 1);
    const Resources once = with_one_more({}, vast);
    const Resources twice = with_one_more(once, vast);
    CHECK(twice.memory_mb == kMost);
    CHECK(twice.storage_gb == kMost);
    CHECK(twice.cpu_millicores == 2ull * std::numeric_limits<uint32_t>::max());
    CHECK(left_of({.cpu_millicores = kMost, .memory_mb = kMost, .storage_gb = kMost}, twice).memory_mb == 0);
    CHECK(slots_in(left_of({.cpu_millicores = kMost, .memory_mb = kMost, .storage_gb = kMost}, twice), vast) == 0);
}

} // namespace
} // namespace berth::provider
