#pragma once
// What a container wrote, as it can travel in a direct message: valid UTF-8 without control bytes, cut from its oldest
// end until the message fits an event of either transport. Pure.

#include <cstddef>
#include <string>
#include <string_view>

namespace berth::provider {

/// A gift wrap encrypts twice, and each time pads and encodes: of a relay's 65 536 bytes this much is left for a
/// rumor's text, written as JSON within JSON.
inline constexpr size_t kLogCostMax = 26'000;

struct LogText {
    std::string text;
    bool truncated = false; ///< older text was left out
};

/// The end of `raw` that costs at most `cost_max` bytes once it is escaped twice. Begins with a whole line where it was
/// cut, unless there is only one.
[[nodiscard]] LogText make_log_text(std::string_view raw, size_t cost_max);

} // namespace berth::provider
