#include "crypto/random.h"

#include "util/check.h"

#include <sys/random.h>

#include <cerrno>
#include <cstring>

namespace berth::crypto {

uint64_t Random::below(uint64_t bound)
{
    VERIFY(bound > 0);
    // Values from the incomplete last stretch are drawn again, so that none is favoured.
    const uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
    for (;;) {
        std::array<uint8_t, 8> bytes{};
        fill(bytes);
        uint64_t value = 0;
        std::memcpy(&value, bytes.data(), sizeof value);
        if (value < limit)
            return value % bound;
    }
}

void SystemRandom::fill(std::span<uint8_t> out)
{
    size_t done = 0;
    while (done < out.size()) {
        const ssize_t got = getrandom(out.data() + done, out.size() - done, 0);
        VERIFY(got > 0 || errno == EINTR);
        if (got > 0)
            done += static_cast<size_t>(got);
    }
}

} // namespace berth::crypto
