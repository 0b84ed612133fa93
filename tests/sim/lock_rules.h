#pragma once
// What must hold of encrypted volumes whose host lost its power: who is told, what a key does, what the clock does
// while a lease is locked, and what goes back when its owner never comes.

#include "sim/invariant.h"

#include <optional>

namespace berth::sim {

/// What is wrong with notices and with the answers to keys.
[[nodiscard]] std::vector<std::string> judge_unlocks(const Evidence& evidence);

/// A lease's end before its time, as its owner was told; nothing if it ended otherwise.
[[nodiscard]] std::optional<Json> find_farewell(const Evidence& evidence, size_t consumer, const ContainerLife& life);

/// What is wrong with the time that a lease got, which was bought for `paid` at least and began at `granted`.
[[nodiscard]] std::vector<std::string> judge_locked_time(const Evidence& evidence, const ContainerLife& life,
                                                         const std::optional<Json>& farewell, UnixTime granted,
                                                         std::chrono::seconds paid);

/// Tokens that came back with farewells.
[[nodiscard]] std::vector<std::string> tokens_of_farewells(const Evidence& evidence);

} // namespace berth::sim
