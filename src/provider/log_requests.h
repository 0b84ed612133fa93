#pragma once
// What containers wrote, for their owners: `logs` requests, and the last lines of a workload that crash-loops. Each is
// one bounded read on a lane of its own.

#include "provider/intake.h"
#include "provider/leases.h"

#include <functional>
#include <map>
#include <set>

namespace berth::provider {

class LogRequests {
public:
    struct Parts {
        const Options& options;
        Leases& leases;
        Intake& intake;
        JobRunner& jobs;
        /// The last lines of a crash-looping lease, or nothing where they can't be had.
        std::function<void(const Lease&, const std::string& lines)> on_last_lines;
    };

    explicit LogRequests(Parts parts);

    /// Answered when the lines are there. One read of a lease at a time, and not too often.
    void serve(const RequestOrigin& origin, const LogsRequest& request, UnixTime now);
    /// Reads the last lines of a lease for on_last_lines.
    void read_last_lines(const Lease& lease);
    void handle(const LogsRead& read, UnixTime now);

private:
    struct Asked {
        RequestOrigin origin;
        uint32_t lines = 0;
    };
    void refuse(const RequestOrigin& origin, const char* type, const std::string& text, UnixTime now);

    Parts p_;
    Budget per_lease_;
    std::map<uint64_t, Asked> asked_; ///< by ticket
    std::set<std::string> reading_;   ///< leases that are being read for a request
    uint64_t last_ticket_ = 0;        ///< ticket 0 is read_last_lines'
};

/// The answer to a `logs` request.
[[nodiscard]] std::string encode_logs(uint32_t number, uint32_t lines, const std::string& raw, bool is_cut);

} // namespace berth::provider
