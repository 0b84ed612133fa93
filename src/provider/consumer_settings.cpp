#include "provider/consumer_settings.h"

namespace berth::provider {

std::optional<Refusal> judge_settings(const ConsumerSettings& settings, const compute::Template* chosen,
                                      const ImagePolicy& images)
{
    if (!chosen && !settings.environment.empty() && !images.consumer_environment)
        return Refusal{error_type::environment_denied, "consumers set no environment of plain images here"};
    for (const auto& [name, value] : settings.environment)
        if (chosen && !chosen->consumer_environment.contains(name))
            return Refusal{error_type::environment_denied,
                           fmt::format("template {} does not let consumers set {}", chosen->slug, name)};
    if (settings.command.empty() || (chosen ? chosen->consumer_command : images.consumer_command))
        return std::nullopt;
    if (chosen)
        return Refusal{error_type::command_denied,
                       fmt::format("template {} runs no command of a consumer's", chosen->slug)};
    return Refusal{error_type::command_denied, "plain images run no command of a consumer's here"};
}

void apply_settings(const ConsumerSettings& settings, compute::WorkloadSpec& workload)
{
    for (const auto& [name, value] : settings.environment)
        workload.environment.insert_or_assign(name, value);
    workload.command = settings.command;
}

} // namespace berth::provider
