#pragma once
// Watches what running leases take of the host's disk, where no limit of the Engine's or of a volume ends it. Who nears
// the size that was bought is warned, once; who outgrows it is stopped with notice, and the unused time goes back.

#include "provider/leases.h"

namespace berth::provider {

class DiskWatch {
public:
    struct Handlers {
        /// It has 90 % of what it bought, or more.
        std::function<void(const Lease&, const compute::DiskUse&)> on_nearly_full;
        std::function<void(const Lease&, const compute::DiskUse&)> on_outgrown;
    };

    DiskWatch(const DiskOptions& options, const Leases& leases, JobRunner& jobs, Handlers handlers)
        : options_{options}, leases_{leases}, jobs_{jobs}, handlers_{std::move(handlers)}
    {
    }

    void tick(UnixTime now);
    void handle(const DiskMeasured& measured);
    [[nodiscard]] UnixTime next_due() const { return is_asking_ || !options_.watch_interval ? UnixTime::max() : next_; }

private:
    const DiskOptions& options_;
    const Leases& leases_;
    JobRunner& jobs_;
    Handlers handlers_;
    bool is_asking_ = false;
    UnixTime next_{};
    std::string last_measured_;    ///< the round goes on behind this lease
    std::set<std::string> warned_; ///< leases
};

/// What a lease may take: the disk that it bought, with as many files as a volume of that size holds.
[[nodiscard]] compute::DiskLimit disk_limit_of(const Spec& spec);

/// Notices to the owner.
[[nodiscard]] std::string encode_nearly_full(const Lease& lease, const compute::DiskUse& use);
[[nodiscard]] std::string encode_outgrown(const Lease& lease, const compute::DiskUse& use);

} // namespace berth::provider
