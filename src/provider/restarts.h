#pragma once
// What happens to a container that exits while its lease runs, as values: it is started again, at first after a second,
// then later and later. One that exits again and again is crash-looping: it is tried rarely, and its owner hears of it
// once. Why it exited makes no difference, be it with code 0: what was bought is a workload that runs for a time.

#include "util/result.h"
#include "util/time.h"

#include <optional>
#include <string>
#include <vector>

namespace berth::provider {

/// This many exits within this time are a crash loop.
inline constexpr size_t kLoopExits = 5;
inline constexpr std::chrono::minutes kLoopWindow{10};
/// A container that ran this long before it exited is not, or no longer, in a loop.
inline constexpr std::chrono::minutes kStableAfter{10};
/// A crash-looping container is started again this rarely.
inline constexpr std::chrono::minutes kLoopRetry{5};

struct Exit {
    int code = 0;
    bool out_of_memory = false;
    std::string start_error{}; ///< set when it could not even be started: the Engine's words
};

/// Of one lease; a part of its row.
struct Restarts {
    std::vector<UnixTime> exits{};     ///< within the window, oldest first
    UnixTime started_at{};             ///< last known start
    std::optional<UnixTime> next_at{}; ///< it is down, and to be started again then
    bool is_down = false;
    bool is_looping = false;
    bool is_reported = false; ///< its owner knows of this loop
    Exit last{};
};

/// The container was found exited, or could not be started.
void take_exit(Restarts& restarts, Exit exit, UnixTime now);
/// It runs.
void take_start(Restarts& restarts, UnixTime now);

/// JSON, as the row and the lease's file have it.
[[nodiscard]] std::string encode_restarts(const Restarts& restarts);
/// corrupt when it isn't what encode_restarts wrote.
[[nodiscard]] Result<Restarts> decode_restarts(const std::string& text);

} // namespace berth::provider
