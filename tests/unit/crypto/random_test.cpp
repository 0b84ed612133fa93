#include "crypto/random.h"

#include "crypto/secret.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace berth;
using namespace berth::crypto;

namespace {

/// First the largest value there is, then zeros.
class HighThenZero final : public Random {
public:
    void fill(std::span<uint8_t> out) override
    {
        std::fill(out.begin(), out.end(), static_cast<uint8_t>(calls_ == 0 ? 0xff : 0));
        ++calls_;
    }
    [[nodiscard]] int calls() const { return calls_; }

private:
    int calls_ = 0;
};

} // namespace

TEST_CASE("a bounded number stays below its bound and reaches every value")
{
    SystemRandom random;
    std::set<uint64_t> seen;
    for (int i = 0; i < 1000; ++i)
        seen.insert(random.below(5));
    CHECK(seen == std::set<uint64_t>{0, 1, 2, 3, 4});
    CHECK(random.below(1) == 0);
}

TEST_CASE("a draw from the incomplete last stretch is drawn again")
{
    HighThenZero random;
    CHECK(random.below(10) == 0);
    CHECK(random.calls() == 2);
}

TEST_CASE("two draws of 32 bytes differ")
{
    SystemRandom random;
    CHECK(random.bytes32() != random.bytes32());
}

TEST_CASE("wiping leaves zeros")
{
    Bytes bytes(8, 0xaa);
    wipe(bytes);
    CHECK(bytes == Bytes(8, 0));
}
