#pragma once
// Who may say what of the environment and the command in a container that is rented. Both go to the Engine as data, and
// may hold secrets of the consumer's: no message or log line shows a value.

#include "provider/options.h"
#include "provider/requests.h"
#include "provider/wire.h"

#include <optional>

namespace berth::provider {

/// Whether they may be had: as far as the template goes, or for a plain image (`chosen` is null) the operator.
[[nodiscard]] std::optional<Refusal> judge_settings(const ConsumerSettings& settings, const compute::Template* chosen,
                                                    const ImagePolicy& images);

/// Over what the template set before.
void apply_settings(const ConsumerSettings& settings, compute::WorkloadSpec& workload);

} // namespace berth::provider
