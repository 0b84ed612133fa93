#pragma once
// Builds every object, starts the threads, runs core's loop on the calling thread, and stops in order.

#include "daemon/config.h"

namespace berth::daemon {

/// Where a running daemon takes its operator's commands (provider/control_request.h).
[[nodiscard]] std::filesystem::path control_socket_of(const std::filesystem::path& state_dir);

/// Runs until SIGTERM or SIGINT. Running leases are left as they are. READY goes to systemd when the rows are looked
/// after; its STATUS says when the provider is public. Failures: conflict when another daemon holds the state
/// directory, unavailable when state can't be written.
[[nodiscard]] Result<void> run(Config config);

} // namespace berth::daemon
