#pragma once
// What the benchmark says: a line a number, beside its limit from the same run.

#include "bench/measure.h"

#include <string>
#include <vector>

namespace berth::bench {

struct Line {
    std::string name;     ///< stable, for scripts
    std::string measured; ///< with its unit
    std::string limit;    ///< what it stands beside in this run; empty if only the aim counts
    double value = 0;     ///< compared with `aim`: the ratio, or the number itself
    double aim = 0;
    bool is_ratio = false;
    std::string skipped{}; ///< why it could not be measured; then nothing else counts
};

/// Medians of milliseconds, ours beside the limit's.
[[nodiscard]] Line ratio_line(const char* name, const Samples& ours, const char* limit_name, const Samples& limit,
                              double aim);

[[nodiscard]] std::string as_table(const std::vector<Line>& lines);
[[nodiscard]] std::string as_json(const std::vector<Line>& lines);

} // namespace berth::bench
