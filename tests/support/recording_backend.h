#pragma once
// A backend without an Engine: says yes to everything, and remembers what it was to create.

#include "compute/backend.h"

#include <vector>

namespace berth::test {

class RecordingBackend final : public compute::Backend {
public:
    Result<compute::EngineInfo> info() override { return compute::EngineInfo{}; }
    Result<compute::ImageState> find_image(const std::string&) override { return compute::ImageState::present; }
    Result<compute::StoredImage> pull_image(const std::string&, std::chrono::seconds) override
    {
        return compute::StoredImage{};
    }
    Result<std::vector<compute::StoredImage>> list_images() override { return std::vector<compute::StoredImage>{}; }
    Result<void> remove_image(const std::string&, const std::string&) override { return {}; }
    Result<compute::Workload> create(const compute::WorkloadSpec& spec) override
    {
        created.push_back(spec);
        return compute::Workload{};
    }
    Result<compute::Workload> inspect(const std::string&) override { return inspection; }
    Result<void> destroy(const std::string&) override { return {}; }
    Result<std::vector<compute::LabelledObject>> list_labelled() override
    {
        return std::vector<compute::LabelledObject>{};
    }
    Result<std::string> logs(const std::string&, uint32_t, size_t) override { return std::string{}; }
    Result<void> watch(const std::function<bool(const compute::EngineEvent&)>&) override
    {
        return fail(Errc::refused, "no events here");
    }

    std::vector<compute::WorkloadSpec> created;
    Result<compute::Workload> inspection = compute::Workload{}; ///< what it says of any container
};

} // namespace berth::test
