#pragma once
// A lease as a row, and what to do next as a pure function of it.
//
//   redeeming ─┬─ mint's no, or silence ─────► refused ─► (prepared objects are destroyed) ─► ended
//              └─ signatures ─► provisioning ─┬─ created ─► running ─┬─ expired ──► ending ─► ended
//                                             └─ failed, refunded ───┴─ vanished ─►
//
// A running lease whose encrypted volume was found closed is locked until its owner sends the key. One whose container
// exits stays running: restarts.h says when it is started again.
//
// Start-up calls next_step on every row that has not ended: recovery is the normal path.

#include "compute/backend.h"
#include "provider/options.h"
#include "provider/restarts.h"
#include "util/time.h"

#include <optional>
#include <string>

namespace berth::provider {

enum class LeaseState {
    redeeming,    ///< reserved; the swap is under way
    provisioning, ///< paid; the workload is being made
    running,
    locked, ///< its encrypted volume is closed
    ending, ///< everything it has on the Engine is being removed
    ended,
};

[[nodiscard]] const char* name_of(LeaseState state);
[[nodiscard]] Result<LeaseState> parse_lease_state(std::string_view text);

struct Lease {
    std::string id{}; ///< 16 hex characters: the label value of every object it has
    LeaseState state = LeaseState::redeeming;
    std::string owner{}; ///< consumer's public key, hex
    compute::WorkloadSpec workload{};
    Spec spec{}; ///< as it was sold
    std::string username{};
    std::string password{};
    std::chrono::seconds duration{0}; ///< bought so far
    int64_t redemption = 0;
    UnixTime created_at{};
    std::optional<UnixTime> reserved_until{};   ///< while redeeming; not stored, so a restart gives the mint time again
    UnixTime expires_at{};                      ///< once running
    std::optional<UnixTime> clock_stopped_at{}; ///< while it is locked, where that stops the clock
    UnixTime locked_until{};                    ///< a locked lease ends then
    std::string container_id{};
    std::string network_id{};
    std::string container_ip{};
    int attempts = 0; ///< at the present step
    UnixTime next_try{};
    std::string end_reason{};
    UnixTime warned_for{}; ///< the expiry that its owner was warned of
    Restarts restarts{};
    bool rebuilt = false; ///< taken up from its file: what was paid for it, its password and its origin are not known
    int top_ups_open = 0; ///< top-ups being redeemed; not stored, derived from the orders
};

enum class LeaseStep { wait, lapse, create, restart, expire, destroy };

/// A lease whose top-up is being redeemed is kept this long past its expiry.
inline constexpr std::chrono::seconds kTopUpGrace{60};

/// Not over yet: running, or locked.
[[nodiscard]] bool is_live(const Lease& lease);

/// When its time is over, as it looks now: later and later while its clock stands.
[[nodiscard]] UnixTime expiry_of(const Lease& lease, UnixTime now);

[[nodiscard]] LeaseStep next_step(const Lease& lease, UnixTime now);

/// When next_step may change its mind by itself; UnixTime::max() if only an event can.
[[nodiscard]] UnixTime next_due(const Lease& lease);

/// When a live lease ends by itself.
[[nodiscard]] UnixTime end_due(const Lease& lease);

/// When its owner is to be warned of its expiry, if that is still to be done: once for each expiry, `lead` before it,
/// and never for a lease of less than twice the lead. A lead of 0 is no warning.
[[nodiscard]] std::optional<UnixTime> warning_due(const Lease& lease, std::chrono::seconds lead);

/// Delay before the given attempt is repeated: 1 s, doubling up to 60 s.
[[nodiscard]] std::chrono::seconds retry_delay(int attempts);

} // namespace berth::provider
