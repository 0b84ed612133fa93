#pragma once
// Whether a consumer may ask for an image. Pure; templates are the operator's own choice and are not judged.

#include "provider/options.h"
#include "provider/wire.h"

#include <optional>
#include <string>

namespace berth::provider {

/// Deny rules win. An image from a registry that the operator has a password for needs an allow rule that names it:
/// otherwise anybody could have what only the operator may pull. An empty allow list allows everything else.
[[nodiscard]] std::optional<Refusal> judge_image(const compute::ImageReference& image, const ImagePolicy& policy);

} // namespace berth::provider
