#pragma once
// Leases from their files, after the database was lost. Pure: what a file says is taken up only where the Engine has
// the very container that it names, and where nothing in it meets another lease.

#include "provider/lease_file.h"
#include "provider/lease_files.h"

namespace berth::provider {

struct Rebuilt {
    std::vector<Lease> leases{};
    std::map<std::string, std::string> refused{}; ///< by lease: why its file is not taken up
};

/// `longest`: no lease can have more time left than this.
[[nodiscard]] Rebuilt rebuild_leases(const std::vector<LeaseFileText>& files,
                                     const std::vector<compute::LabelledObject>& objects, std::chrono::seconds longest,
                                     UnixTime now);

} // namespace berth::provider
