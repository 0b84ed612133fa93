#pragma once
// A command's conversation with the daemon that runs on a state directory.

#include "net/line_client.h"
#include "provider/control_request.h"

#include <filesystem>

namespace berth::cli {

class DaemonLink {
public:
    /// not_found when no provider runs there; refused for another user.
    [[nodiscard]] Result<void> open(const std::filesystem::path& state_dir);

    /// The answer's JSON text, or the provider's no. After a while without one, `progress` is said on standard error.
    /// unavailable when none came within `patience`, outcome_unknown when the provider ended meanwhile.
    [[nodiscard]] Result<std::string> ask(const provider::control::Request& request, std::chrono::seconds patience,
                                          const std::string& progress);

private:
    net::LineClient client_;
    uint64_t last_id_ = 0;
};

} // namespace berth::cli
