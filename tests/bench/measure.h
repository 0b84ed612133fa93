#pragma once
// Samples of one quantity, and how long something takes.

#include "util/check.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace berth::bench {

class Samples {
public:
    void add(double value) { values_.push_back(value); }
    [[nodiscard]] bool empty() const { return values_.empty(); }
    [[nodiscard]] size_t count() const { return values_.size(); }
    [[nodiscard]] double median() const { return quantile(0.5); }
    /// Half the distance between the quartiles: what a sample is usually off by.
    [[nodiscard]] double spread() const { return (quantile(0.75) - quantile(0.25)) / 2; }

    /// Between two samples, in proportion.
    [[nodiscard]] double quantile(double part) const
    {
        VERIFY(!values_.empty());
        std::vector<double> sorted = values_;
        std::sort(sorted.begin(), sorted.end());
        const double place = part * static_cast<double>(sorted.size() - 1);
        const auto below = static_cast<size_t>(place);
        const size_t above = std::min(below + 1, sorted.size() - 1);
        return sorted[below] + (sorted[above] - sorted[below]) * (place - static_cast<double>(below));
    }

private:
    std::vector<double> values_;
};

class Stopwatch {
public:
    [[nodiscard]] double milliseconds() const
    {
        return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start_).count();
    }

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

} // namespace berth::bench
