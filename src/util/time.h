#pragma once
// Wall-clock seconds as they stand on the wire, and RFC 3339 text. Timers use std::chrono::steady_clock.

#include "util/result.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace berth {

/// Milliseconds since 1970 (UTC). The clock is an argument everywhere, so tests choose it.
using UnixTime = std::chrono::sys_time<std::chrono::milliseconds>;

[[nodiscard]] UnixTime wall_clock_now();
[[nodiscard]] int64_t unix_seconds(UnixTime time); ///< rounded down
[[nodiscard]] UnixTime from_unix_seconds(int64_t seconds);
[[nodiscard]] std::string rfc3339(UnixTime time);                        ///< 2026-11-23T20:58:38Z
[[nodiscard]] Result<UnixTime> parse_rfc3339(std::string_view text);     ///< UTC ("Z" or "+00:00") only
[[nodiscard]] std::string human_duration(std::chrono::seconds duration); ///< "1 h 02 min 03 s"

} // namespace berth
