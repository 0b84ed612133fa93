#include "provider/image_policy.h"

#include <algorithm>

namespace berth::provider {

std::optional<Refusal> judge_image(const compute::ImageReference& image, const ImagePolicy& policy)
{
    const compute::CanonicalImage full = compute::canonical_image(image);
    const std::string registry = compute::registry_of(full);
    const auto denies = [&](const compute::ImageRule& rule) { return rule.denies(full); };
    if (std::any_of(policy.deny.begin(), policy.deny.end(), denies))
        return Refusal{error_type::image_denied, fmt::format("this provider does not run {}/{}", registry, full.path)};
    const auto names = [&](const compute::ImageRule& rule) { return !rule.is_everything() && rule.allows(full); };
    if (policy.private_registries.contains(registry) && std::none_of(policy.allow.begin(), policy.allow.end(), names))
        return Refusal{error_type::image_denied,
                       fmt::format("{} is a private registry of this provider's operator", registry)};
    const auto allows = [&](const compute::ImageRule& rule) { return rule.allows(full); };
    if (policy.allow.empty() || std::any_of(policy.allow.begin(), policy.allow.end(), allows))
        return std::nullopt;
    return Refusal{error_type::image_denied,
                   fmt::format("{}/{} is not among the images that this provider runs", registry, full.path)};
}

} // namespace berth::provider
