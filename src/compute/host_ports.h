#pragma once
// Whether anybody on this host has a port already: the Engine would find out when the lease is paid for.

#include <cstdint>
#include <string>

namespace berth::compute {

/// Tries to bind `port` at this IP address, in TCP and in UDP, and lets it go again. What can't be tried is free.
[[nodiscard]] bool is_host_port_free(const std::string& address, uint16_t port);

} // namespace berth::compute
