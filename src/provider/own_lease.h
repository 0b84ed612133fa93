#pragma once
// The lease that a request names, for requests that only its owner may make, and the answer where there is none.

#include "provider/leases.h"
#include "provider/requests.h"
#include "provider/wire.h"

#include <string>
#include <variant>

namespace berth::provider {

/// For a lease that nobody has here, or, while the database is being rebuilt, that nobody has here yet.
[[nodiscard]] inline Refusal refusal_of_unknown(const Leases& leases)
{
    if (leases.is_rebuilding())
        return {error_type::backend_error, "the provider does not know its leases again yet, ask once more later"};
    return {error_type::not_found, "no such lease of yours"};
}

/// `pod` is container-<number> or the number. invalid_pod_id, or what is said of none for a stranger's, too.
[[nodiscard]] inline std::variant<const Lease*, Refusal> find_own_lease(const Leases& leases, const std::string& pod,
                                                                        const std::string& sender)
{
    const auto number = parse_pod_number(pod);
    if (!number)
        return Refusal{error_type::invalid_pod_id, "pod_id is container-<number> or the number"};
    const Lease* lease = leases.find_number(*number);
    if (!lease || lease->owner != sender)
        return refusal_of_unknown(leases);
    return lease;
}

} // namespace berth::provider
