#pragma once
// Randomness whose every byte is one more than the byte before: different every call, the same every run.

#include "crypto/random.h"

namespace berth::crypto {

class CountingBytes final : public Random {
public:
    void fill(std::span<uint8_t> out) override
    {
        for (uint8_t& byte : out)
            byte = next_++;
    }

private:
    uint8_t next_ = 1;
};

} // namespace berth::crypto
