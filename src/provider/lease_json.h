#pragma once
// Parts of a lease as JSON: how rows and lease files hold what the backend needs, and the size as it was sold.

#include "provider/lease.h"

namespace berth::provider {

enum class Secrets { kept, left_out };

/// Everything but number and lease id. Environment and command may hold the access password
/// and secrets of the consumer: left out with Secrets::left_out.
[[nodiscard]] std::string encode_workload(const compute::WorkloadSpec& workload, Secrets secrets);
/// corrupt when it isn't what encode_workload wrote.
[[nodiscard]] Result<compute::WorkloadSpec> decode_workload(const std::string& text);

[[nodiscard]] std::string encode_spec(const Spec& spec);
[[nodiscard]] Result<Spec> decode_spec(const std::string& text);

} // namespace berth::provider
