#pragma once
// TenantVolumes: the data volumes of leases as this host can make them. An encrypted one, and a plain one that is held
// to the size that was bought, are image files of luks; elsewhere a data volume is a directory of the Engine's. Called
// on worker threads, one at a time (libdevmapper keeps global state).

#include "compute/backend.h"
#include "luks/volume.h"
#include "provider/options.h"
#include "util/mutex.h"

namespace berth::provider {

/// What may be promised in the offer: found out by doing it.
struct VolumeAbilities {
    bool encrypted = false;
    bool sized = false;              ///< plain volumes are held to their size
    std::string encrypted_why_not{}; ///< for the operator
    std::string sized_why_not{};
};

class TenantVolumes {
public:
    /// `directory` is made when it is missing; `steps` may be null and must outlive this.
    TenantVolumes(VolumeOptions options, std::string directory, luks::Steps* steps = nullptr)
        : options_{options}, directory_{std::move(directory)}, volumes_{directory_, steps}
    {
    }

    /// Finishes what an earlier process left, and tries each kind once.
    [[nodiscard]] VolumeAbilities abilities();

    /// The workload on its volume, made if it isn't there. `key` may be null where the volume is open already: refused
    /// when it is closed, for a volume that no key is at hand for is never replaced by an empty one.
    [[nodiscard]] Result<compute::Workload> create(compute::Backend& backend, const compute::WorkloadSpec& spec,
                                                   const luks::VolumeKey* key);
    /// The same on a volume that exists: refused for a wrong key, corrupt for a broken volume, not_found for none.
    [[nodiscard]] Result<compute::Workload> resume(compute::Backend& backend, const compute::WorkloadSpec& spec,
                                                   const luks::VolumeKey* key);
    /// Everything of the lease, its volume last; success when nothing is left.
    [[nodiscard]] Result<void> destroy(compute::Backend& backend, const std::string& lease);
    [[nodiscard]] bool is_closed(const std::string& lease);
    /// Labelled objects of the Engine, and the images of volumes.
    [[nodiscard]] Result<std::vector<compute::LabelledObject>> list(compute::Backend& backend);

private:
    using Device = std::optional<std::string>;
    [[nodiscard]] Result<void> recover() REQUIRES(mutex_);
    [[nodiscard]] VolumeAbilities probe() REQUIRES(mutex_);
    /// Without a key there is only what is open already; refused with the given words if it isn't.
    [[nodiscard]] Result<Device> find_open(const std::string& lease, const char* otherwise) REQUIRES(mutex_);
    [[nodiscard]] Result<Device> make(const compute::WorkloadSpec& spec, const luks::VolumeKey* key);
    [[nodiscard]] Result<Device> reopen(const compute::WorkloadSpec& spec, const luks::VolumeKey* key);

    const VolumeOptions options_;
    const std::string directory_;
    Mutex mutex_;
    luks::Volumes volumes_ GUARDED_BY(mutex_);
    bool recovered_ GUARDED_BY(mutex_) = false;
    std::optional<VolumeAbilities> abilities_ GUARDED_BY(mutex_);
};

} // namespace berth::provider
