#pragma once
// systemd's readiness protocol (sd_notify), without its library: a datagram to the socket that NOTIFY_SOCKET names.

#include <string_view>

namespace berth::daemon {

/// Does nothing when no one asked to be notified.
void notify_service_manager(std::string_view message);

} // namespace berth::daemon
