#include "compute/subnet_pool.h"

#include <doctest/doctest.h>

#include <set>

namespace berth::compute {
namespace {

TEST_CASE("a pool holds one subnet for each 16 addresses")
{
    CHECK(SubnetPool::parse("10.213.0.0/16").value().size() == 4096);
    CHECK(SubnetPool::parse("192.168.7.16/28").value().size() == 1);
    CHECK(SubnetPool::parse("10.213.0.0/16").value().subnet_for(1, 0) == "10.213.0.16/28");
    CHECK(SubnetPool::parse("10.213.0.0/16").value().subnet_for(1000, 0) == "10.213.62.128/28");
    CHECK(SubnetPool::parse("192.168.7.16/28").value().subnet_for(77, 3) == "192.168.7.16/28");
}

TEST_CASE("what is not a network of 8 to 28 bits is no pool")
{
    for (const char* text : {"", "10.0.0.0", "10.0.0.0/", "10.0.0.0/7", "10.0.0.0/29", "10.0.0.1/24", "10.0.0/24",
                             "10.0.0.0/-1", "10.0.0.0/8 ", "fd00::/16", "256.0.0.0/8", "x/8"}) {
        CAPTURE(text);
        CHECK(!SubnetPool::parse(text).has_value());
    }
}

TEST_CASE("a number meets every subnet once before it meets one again")
{
    const SubnetPool pool = SubnetPool::parse("10.213.0.0/20").value();
    for (const uint32_t number : {0u, 1999u, UINT32_MAX}) {
        std::set<std::string> met;
        for (uint32_t attempt = 0; attempt < pool.size(); ++attempt)
            met.insert(pool.subnet_for(number, attempt));
        CHECK(met.size() == pool.size());
    }
}

} // namespace
} // namespace berth::compute
