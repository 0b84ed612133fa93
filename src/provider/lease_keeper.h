#pragma once
// Keeps a file for each live lease beside the rows (lease_files.h), and takes leases up from there when the database is
// new: the rows were lost. Rows win: a database that isn't new is never told anything by a file.
//
// Until that is done, and for an hour on a new database, what the Engine has of a lease that no row knows is left
// alone: somebody may have paid for it, and its operator may have a copy of the database.

#include "provider/failure_sink.h"
#include "provider/jobs.h"
#include "provider/lease_store.h"
#include "provider/rebuild.h"

namespace berth::provider {

class LeaseKeeper {
public:
    LeaseKeeper(LeaseStore& store, JobRunner& jobs, FailureSink& failures, std::chrono::seconds lease_max)
        : store_{store}, jobs_{jobs}, failures_{failures}, lease_max_{lease_max}
    {
    }

    void load(UnixTime now);
    /// Whenever its row is written: its file follows once that is committed.
    void note(const Lease& lease);

    /// The files were not looked at yet: who has which number and port is not known.
    [[nodiscard]] bool is_rebuilding() const { return state_.is_due; }
    /// What the Engine has of this lease, which isn't open, is to be left alone.
    [[nodiscard]] bool holds(const std::string& lease, UnixTime now);

    void handle(const LeaseFilesRead& read, UnixTime now);
    void handle(const LeaseFilesWritten& written, UnixTime now);
    /// What the Engine has that is labelled as ours.
    void see(const std::vector<compute::LabelledObject>& objects);
    /// Once files and objects were seen: the leases to go on with. Each is given out once.
    [[nodiscard]] std::vector<Lease> take_rebuilt(UnixTime now);

    void tick(const std::map<std::string, Lease>& leases, UnixTime now);
    [[nodiscard]] UnixTime next_due() const { return std::min(read_due_, settle_due_); }

private:
    LeaseStore& store_;
    JobRunner& jobs_;
    FailureSink& failures_;
    const std::chrono::seconds lease_max_;
    RebuildState state_;
    std::optional<std::vector<LeaseFileText>> files_;               ///< while rebuilding
    std::optional<std::vector<compute::LabelledObject>> objects_{}; ///< while rebuilding
    std::map<std::string, std::string> texts_;                      ///< what the files say, or soon will
    std::set<std::string> set_aside_;                               ///< leases whose files were refused
    UnixTime read_due_ = UnixTime::max();
    UnixTime settle_due_ = UnixTime::max(); ///< all files are compared with the rows
};

} // namespace berth::provider
