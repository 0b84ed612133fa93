#pragma once
// Requests to the Docker Engine: JSON bodies and the variable parts of URLs. Pure. Whatever a consumer chose travels
// as a JSON value or percent-encoded, so it can't become another member, parameter or path.

#include "compute/docker_types.h"

#include <string>
#include <string_view>

namespace berth::compute {

/// Everything but RFC 3986's unreserved characters as %XX: fit for a query value and for one path segment.
[[nodiscard]] std::string percent_encode(std::string_view text);

/// The value of `filters` for objects that carry `label`=`value`, percent-encoded.
[[nodiscard]] std::string make_label_filter(std::string_view label, std::string_view value);

[[nodiscard]] std::string make_network_body(const NetworkSettings& settings);
/// The same for Podman's own API: the one like Docker's has no name for the bridge. No resolver of Podman's there
/// either: containers ask the host's resolvers themselves.
[[nodiscard]] std::string make_libpod_network_body(const NetworkSettings& settings);
[[nodiscard]] std::string make_volume_body(const VolumeSettings& settings);
/// With all the limits and hardening that every lease has.
[[nodiscard]] std::string make_container_body(const ContainerSettings& settings);

} // namespace berth::compute
