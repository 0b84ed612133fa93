#pragma once
// Loop devices for the volumes without a cipher. The library attaches those of the encrypted ones itself.

#include "util/result.h"

#include <optional>
#include <string>

namespace berth::luks {

/// The device that has this file behind it, e.g. "/dev/loop3".
[[nodiscard]] Result<std::optional<std::string>> find_loop(const std::string& image);

/// Loop devices of our own lie above the numbers that the kernel hands out by itself; a slot is below kLoopSlots.
inline constexpr uint32_t kLoopSlots = 1 << 19;

/// Attaches the file to the device of this slot, or finds the one that has it already. Whoever keeps the device's name
/// (a stopped container, after a reboot) so never meets another file behind it. conflict when the slot has another.
[[nodiscard]] Result<std::string> attach_loop(const std::string& image, uint32_t slot);

/// Detaches it; fine when it isn't attached. conflict while somebody uses it.
[[nodiscard]] Result<void> detach_loop(const std::string& image);

} // namespace berth::luks
