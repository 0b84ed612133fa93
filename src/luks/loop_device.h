#pragma once
// Loop devices for the volumes without a cipher. The library attaches those of the encrypted ones itself.

#include "util/result.h"

#include <optional>
#include <string>

namespace berth::luks {

/// The device that has this file behind it, e.g. "/dev/loop3".
[[nodiscard]] Result<std::optional<std::string>> find_loop(const std::string& image);

/// Attaches the file to a free device, or finds the one that has it already.
[[nodiscard]] Result<std::string> attach_loop(const std::string& image);

/// Detaches it; fine when it isn't attached. conflict while somebody uses it.
[[nodiscard]] Result<void> detach_loop(const std::string& image);

} // namespace berth::luks
