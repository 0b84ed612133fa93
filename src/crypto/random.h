#pragma once
// Randomness is an argument, so that a simulation can choose it. SystemRandom asks the kernel (getrandom).

#include "util/bytes.h"

namespace berth::crypto {

class Random {
public:
    virtual ~Random() = default;
    virtual void fill(std::span<uint8_t> out) = 0;

    [[nodiscard]] Bytes32 bytes32()
    {
        Bytes32 out{};
        fill(out);
        return out;
    }
    /// Uniform in [0, bound); bound must not be 0.
    [[nodiscard]] uint64_t below(uint64_t bound);
};

class SystemRandom final : public Random {
public:
    void fill(std::span<uint8_t> out) override;
};

} // namespace berth::crypto
