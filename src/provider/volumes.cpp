#include "provider/volumes.h"

#include "util/log.h"

#include <filesystem>

namespace berth::provider {

namespace {

compute::WorkloadSpec on_device(const compute::WorkloadSpec& spec, std::optional<std::string> device)
{
    compute::WorkloadSpec placed = spec;
    placed.data_device = std::move(device).value_or("");
    return placed;
}

bool has_image_size(const compute::WorkloadSpec& spec)
{
    return !spec.data_path.empty() && spec.disk_gb > 0;
}

} // namespace

Result<void> TenantVolumes::recover()
{
    if (recovered_)
        return {};
    std::error_code error;
    std::filesystem::create_directories(directory_, error);
    if (!error)
        std::filesystem::permissions(directory_, std::filesystem::perms::owner_all, error);
    if (error)
        return fail(Errc::unavailable, "{}: {}", directory_, error.message());
    const auto whole = volumes_.recover();
    if (!whole)
        return pass_on(whole);
    recovered_ = true;
    return {};
}

VolumeAbilities TenantVolumes::probe()
{
    const Result<void> off = fail(Errc::refused, "switched off");
    const auto encrypted = options_.encrypted ? volumes_.probe(luks::Cipher::luks2_aes_xts) : off;
    const auto sized = options_.sized ? volumes_.probe(luks::Cipher::none) : off;
    return {.encrypted = encrypted.has_value(),
            .sized = sized.has_value(),
            .encrypted_why_not = encrypted ? "" : encrypted.error().message,
            .sized_why_not = sized ? "" : sized.error().message};
}

VolumeAbilities TenantVolumes::abilities()
{
    MutexLock lock{mutex_};
    if (const auto done = recover(); !done) {
        log::warn("volumes: {}", done.error().message);
        return {.encrypted_why_not = done.error().message, .sized_why_not = done.error().message};
    }
    if (!abilities_) {
        abilities_ = probe();
        log::info("encrypted volumes: {}; volumes held to their size: {}",
                  abilities_->encrypted ? "yes" : "no, " + abilities_->encrypted_why_not,
                  abilities_->sized ? "yes" : "no, " + abilities_->sized_why_not);
    }
    return *abilities_;
}

Result<TenantVolumes::Device> TenantVolumes::find_open(const std::string& lease, const char* otherwise)
{
    auto device = TRY(volumes_.find_device(lease));
    if (!device)
        return fail(Errc::refused, "{}", otherwise);
    return device;
}

Result<TenantVolumes::Device> TenantVolumes::make(const compute::WorkloadSpec& spec, const luks::VolumeKey* key)
{
    if (!has_image_size(spec))
        return Device{};
    if (!spec.encrypted && !abilities().sized)
        return Device{};
    MutexLock lock{mutex_};
    TRY(recover());
    if (spec.encrypted && key == nullptr)
        return find_open(spec.lease, "the volume's key was lost when the provider was restarted");
    auto device = TRY(volumes_.create(spec.lease, spec.disk_gb << 30, spec.encrypted ? key : nullptr, spec.number));
    return Device{std::move(device)};
}

Result<TenantVolumes::Device> TenantVolumes::reopen(const compute::WorkloadSpec& spec, const luks::VolumeKey* key)
{
    if (!has_image_size(spec))
        return Device{};
    MutexLock lock{mutex_};
    TRY(recover());
    if (spec.encrypted && key == nullptr)
        return find_open(spec.lease, "the volume is locked");
    const bool has_image = TRY(volumes_.inspect(spec.lease))
    != luks::VolumeState::absent;
    if (!spec.encrypted && !has_image)
        return Device{};
    auto device = TRY(volumes_.open(spec.lease, spec.encrypted ? key : nullptr, spec.number));
    return Device{std::move(device)};
}

Result<compute::Workload> TenantVolumes::create(compute::Backend& backend, const compute::WorkloadSpec& spec,
                                                const luks::VolumeKey* key)
{
    auto device = TRY(make(spec, key));
    return backend.create(on_device(spec, std::move(device)));
}

Result<compute::Workload> TenantVolumes::resume(compute::Backend& backend, const compute::WorkloadSpec& spec,
                                                const luks::VolumeKey* key)
{
    auto device = TRY(reopen(spec, key));
    return backend.create(on_device(spec, std::move(device)));
}

Result<void> TenantVolumes::destroy(compute::Backend& backend, const std::string& lease)
{
    // First who uses it: a volume in use can't be closed.
    TRY(backend.destroy(lease));
    MutexLock lock{mutex_};
    if (!volumes_.has_traces(lease))
        return {};
    return volumes_.destroy(lease);
}

bool TenantVolumes::is_closed(const std::string& lease)
{
    MutexLock lock{mutex_};
    const auto state = volumes_.inspect(lease);
    return state && *state != luks::VolumeState::open;
}

Result<std::vector<compute::LabelledObject>> TenantVolumes::list(compute::Backend& backend)
{
    auto objects = TRY(backend.list_labelled());
    MutexLock lock{mutex_};
    TRY(recover());
    const auto images = TRY(volumes_.recover());
    for (const std::string& lease : images)
        objects.push_back({.kind = "volume image", .id = lease, .name = lease, .lease = lease});
    return objects;
}

} // namespace berth::provider
