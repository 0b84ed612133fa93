#pragma once
// What can be judged of a spawn from the request and the configuration alone: free for the consumer, and pure.

#include "nostr/keys.h"
#include "provider/requests.h"
#include "provider/wire.h"

#include <variant>

namespace berth::provider {

/// 12 to 64 letters and digits. Any other is replaced by one of the provider's own.
[[nodiscard]] bool is_usable_password(const std::string& password);

/// An accepted wish: everything about the workload but its number, lease and host ports.
struct Admission {
    Spec spec;
    compute::WorkloadSpec workload;
    std::string username;
    std::string password;
};

[[nodiscard]] std::variant<Admission, Refusal> admit(const SpawnRequest& request, const Options& options,
                                                     crypto::Random& random);

/// Whole seconds that a payment buys; zero when the rate is out of its reach.
[[nodiscard]] std::chrono::seconds duration_of(cashu::Msat net, const Spec& spec);
/// What that many seconds cost.
[[nodiscard]] cashu::Msat price_of(std::chrono::seconds duration, const Spec& spec);

/// Shorter than the minimum: why the payment does not fit.
[[nodiscard]] std::optional<Refusal> judge_duration(cashu::Msat net, const Spec& spec, const Options& options);

/// The spec of this id, or the first when none is named; nullptr if there is no such spec.
[[nodiscard]] const Spec* find_spec(const std::optional<std::string>& id, const Options& options);

} // namespace berth::provider
