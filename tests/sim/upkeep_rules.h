#pragma once
// What must hold of leases whose containers exit or are lost, and of those that end early or soon.

#include "sim/invariant.h"

namespace berth::sim {

/// A warning is sent once for each end, and before it; a crash loop is reported once; and a container that is lost
/// while its lease runs is not made anew.
[[nodiscard]] std::vector<std::string> judge_upkeep(const Evidence& evidence);

/// Of a lease that ended before its time without having been locked: the time that it had is paid, the rest comes back.
[[nodiscard]] std::vector<std::string> judge_early_end(const Evidence& evidence, const Json& farewell, UnixTime granted,
                                                       std::chrono::seconds paid);

/// Its owner should have been warned of its end, and was not.
[[nodiscard]] bool is_warning_missing(const Evidence& evidence, size_t consumer, const ContainerLife& life,
                                      UnixTime expires);

/// It was lost so shortly before its end that nobody need have noticed.
[[nodiscard]] bool is_lost_late(const Evidence& evidence, const ContainerLife& life, UnixTime until);

} // namespace berth::sim
