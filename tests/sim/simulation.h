#pragma once
// One seed's world from the first request to the last sat counted.

#include <cstdint>
#include <string>
#include <vector>

namespace berth::sim {

struct Outcome {
    int faults = 0;
    int crashes = 0;
    int lossy_crashes = 0; ///< that took unsynchronised writes with them
    int granted = 0;
    int refunded = 0;
    int power_cuts = 0;
    int locked = 0;           ///< leases whose volume was found closed
    int keys_found_again = 0; ///< volumes made with a key that had died with a process
    int drains = 0;
    int vanished = 0; ///< containers that somebody else removed
    int warnings = 0; ///< of ends that are near
    int crash_loops = 0;
    std::vector<std::string> violations;
};

/// Files go below `directory`, which is emptied first and removed afterwards.
[[nodiscard]] Outcome simulate(uint64_t seed, const std::string& directory);

/// One purchase whose swap arrives at the mint long after it was given up: what its consumer is told, and where the
/// money ends.
[[nodiscard]] std::vector<std::string> simulate_late_redemption(uint64_t seed, const std::string& directory);

/// A top-up whose change is not there yet when the process dies.
[[nodiscard]] std::vector<std::string> simulate_change_over_crash(uint64_t seed, const std::string& directory);

/// A mint whose fee rises, and whose keyset is retired, while a token is on its way.
[[nodiscard]] std::vector<std::string> simulate_risen_fee(uint64_t seed, const std::string& directory);

} // namespace berth::sim
