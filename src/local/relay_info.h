#pragma once
// The embedded relay's NIP-11 document. It says what the relay really enforces.

#include "local/relay_limits.h"

#include <string>

namespace berth::local {

struct RelayIdentity {
    std::string name = "berth relay";
    std::string description = "The embedded relay of a berth provider.";
    std::string pubkey;  ///< the operator's, hex; empty: not said
    std::string contact; ///< empty: not said
};

[[nodiscard]] std::string relay_information(const RelayIdentity& identity, const RelayLimits& limits,
                                            const RelayPolicy& policy);

} // namespace berth::local
