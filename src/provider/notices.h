#pragma once
// What owners are told unasked about leases that run: that the end is near, and that the workload crash-loops. Written
// to the outbox in the caller's transaction, beside the row that remembers it.

#include "provider/lease.h"
#include "provider/replies.h"

namespace berth::provider {

class Notices {
public:
    struct Parts {
        const Options& options;
        OrderStore& orders;
        Replies& replies;
        FailureSink& failures;
    };

    explicit Notices(Parts parts) : p_{parts} {}

    void tell_expiring(const Lease& lease, UnixTime now);
    /// `last_lines` of its log, empty where they can't be had.
    void tell_crash_looping(const Lease& lease, const std::string& last_lines, UnixTime now);

private:
    void tell(const Lease& lease, const std::string& body, UnixTime now);

    Parts p_;
};

/// {notice: "expiring", pod_id, expires_at, time_remaining_seconds, rate_msats_per_sec, mints, topup, message}
[[nodiscard]] std::string encode_expiring(const Options& options, const Lease& lease, UnixTime now);
/// {notice: "crash_looping", pod_id, exit_code, out_of_memory, start_error?, next_start_at, expires_at, logs, message}
[[nodiscard]] std::string encode_crash_looping(const Lease& lease, const std::string& last_lines);

} // namespace berth::provider
