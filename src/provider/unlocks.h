#pragma once
// Locked leases: an encrypted volume that was found closed waits for its owner's key, who is told, and gets the lease
// back for the right one. A key lives in memory until its job is done; if the process dies before, the relays deliver
// the request again.

#include "provider/encryption.h"
#include "provider/intake.h"
#include "provider/leases.h"

#include <deque>

namespace berth::provider {

class Unlocks {
public:
    struct Parts {
        OrderStore& orders;
        Leases& leases;
        Intake& intake;
        Replies& replies;
        FailureSink& failures;
    };

    explicit Unlocks(Parts parts) : p_{parts} {}

    void serve(const RequestOrigin& origin, const UnlockRequest& request, UnixTime now);
    /// Tells the owner, in the transaction that marks the lease locked.
    void on_locked(const Lease& lease, UnixTime now);
    /// After Leases has taken the same result in.
    void handle(const WorkloadResumed& resumed, UnixTime now);
    /// Starts what waited for another job of its lease.
    void tick(UnixTime now);

private:
    struct Waiting {
        RequestOrigin origin;
        std::string lease;
        std::shared_ptr<const luks::VolumeKey> key;
    };
    void refuse(const RequestOrigin& origin, const char* type, const std::string& text, UnixTime now);

    Parts p_;
    std::deque<Waiting> waiting_;
    std::map<std::string, RequestOrigin> asking_; ///< by lease, while its job runs
};

} // namespace berth::provider
