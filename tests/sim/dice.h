#pragma once
// All chance in a simulation comes out of its seed, and all faults out of a budget, so that a small run stays small.

#include "crypto/random.h"

#include <chrono>
#include <cstdint>

namespace berth::sim {

class Dice {
public:
    explicit Dice(uint64_t seed) : state_{seed * 0x9e3779b97f4a7c15ULL + 1} {}

    uint64_t next()
    {
        uint64_t mixed = state_ += 0x9e3779b97f4a7c15ULL;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
        return mixed ^ (mixed >> 31);
    }
    uint64_t below(uint64_t bound) { return next() % bound; }
    bool chance(unsigned percent) { return below(100) < percent; }
    std::chrono::milliseconds between(int64_t least, int64_t most)
    {
        return std::chrono::milliseconds{least + static_cast<int64_t>(below(static_cast<uint64_t>(most - least + 1)))};
    }

private:
    uint64_t state_;
};

/// What goes wrong, until the world heals.
class Faults {
public:
    Faults(Dice& dice, int budget) : dice_{dice}, left_{budget} {}

    [[nodiscard]] bool strike(unsigned percent)
    {
        if (healed_ || left_ == 0 || !dice_.chance(percent))
            return false;
        --left_;
        ++struck_;
        return true;
    }
    void heal() { healed_ = true; }
    [[nodiscard]] bool is_healed() const { return healed_; }
    [[nodiscard]] int struck() const { return struck_; }

private:
    Dice& dice_;
    int left_;
    int struck_ = 0;
    bool healed_ = false;
};

} // namespace berth::sim
