#pragma once
// The other end of a line server: one blocking conversation, with deadlines, for a command.

#include "util/files.h"

#include <chrono>
#include <string>
#include <string_view>

namespace berth::net {

class LineClient {
public:
    using Deadline = std::chrono::steady_clock::time_point;

    LineClient();

    /// not_found when nobody listens there, refused without the right to it, unavailable when it is busy.
    [[nodiscard]] Result<void> connect(const std::filesystem::path& path);
    /// `line` has no end of line in it. outcome_unknown when the other side went away meanwhile.
    [[nodiscard]] Result<void> send(std::string_view line, Deadline deadline);
    /// unavailable when none came in time, after which it can be called again; outcome_unknown when the other side went
    /// away.
    [[nodiscard]] Result<std::string> receive(Deadline deadline);

private:
    [[nodiscard]] Result<void> wait_for(short events, Deadline deadline) const;

    FileDescriptor socket_;
    std::string received_;
};

} // namespace berth::net
