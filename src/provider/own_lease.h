#pragma once
// The lease that a request names, for requests that only its owner may make.

#include "provider/leases.h"
#include "provider/requests.h"
#include "provider/wire.h"

#include <string>
#include <variant>

namespace berth::provider {

/// `pod` is container-<number> or the number. invalid_pod_id, or not_found for a stranger's lease as for none.
[[nodiscard]] inline std::variant<const Lease*, Refusal> find_own_lease(const Leases& leases, const std::string& pod,
                                                                        const std::string& sender)
{
    const auto number = parse_pod_number(pod);
    if (!number)
        return Refusal{error_type::invalid_pod_id, "pod_id is container-<number> or the number"};
    const Lease* lease = leases.find_number(*number);
    if (!lease || lease->owner != sender)
        return Refusal{error_type::not_found, "no such lease of yours"};
    return lease;
}

} // namespace berth::provider
