// Sixteen bytes of entropy always give a valid mnemonic, and any text is either refused or has twelve words.

#include "cashu/mnemonic.h"

#include <algorithm>

using namespace berth;
using namespace berth::cashu;

namespace {

/// Hands out the fuzzer's bytes, then zeros.
class GivenRandom final : public crypto::Random {
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
    if (check_mnemonic(as_text(input)))
        VERIFY(std::count(input.begin(), input.end(), ' ') == 11);
    GivenRandom random{input};
    const crypto::Secret mnemonic = generate_mnemonic(random);
    VERIFY(check_mnemonic(as_text(mnemonic.expose())));
    return 0;
}
