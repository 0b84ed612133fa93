// Any entropy gives a valid mnemonic, and any text is either refused or has 12, 15, 18, 21 or 24 words.

#include "crypto/mnemonic.h"

#include <algorithm>

using namespace berth;
using namespace berth::crypto;

namespace {

/// Hands out the fuzzer's bytes, then zeros.
class GivenRandom final : public Random {
public:
    explicit GivenRandom(ByteView bytes) : rest_{bytes} {}
    void fill(std::span<uint8_t> out) override
    {
        std::fill(out.begin(), out.end(), uint8_t{0});
        const size_t count = std::min(out.size(), rest_.size());
        std::copy_n(rest_.begin(), count, out.begin());
        rest_ = rest_.subspan(count);
    }

private:
    ByteView rest_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const ByteView input{data, size};
    if (check_mnemonic(as_text(input))) {
        const auto words = std::count(input.begin(), input.end(), ' ') + 1;
        VERIFY(words >= 12 && words <= 24 && words % 3 == 0);
    }
    for (const size_t word_count : {12u, 15u, 18u, 21u, 24u}) {
        GivenRandom random{input};
        const Secret mnemonic = generate_mnemonic(random, word_count);
        VERIFY(check_mnemonic(as_text(mnemonic.expose())));
    }
    return 0;
}
