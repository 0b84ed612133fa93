#pragma once
// All leases that have not ended: reserves numbers, ports and capacity, and drives each row by next_step (lease.h).
// Memory mirrors the rows, written in the owner's transaction; a lease has at most one job in flight.

#include "provider/admission.h"
#include "provider/capacity.h"
#include "provider/failure_sink.h"
#include "provider/jobs.h"
#include "provider/lease_keeper.h"
#include "provider/lease_store.h"
#include "provider/ready_network.h"

#include <functional>
#include <map>
#include <set>

namespace berth::provider {

class Leases {
public:
    struct Handlers {
        /// In the transaction that marks it running.
        std::function<void(const Lease&)> on_running;
        /// It will not run: the money goes back. In the transaction that marks it ending.
        std::function<void(const Lease&, const Error&)> on_failed;
        /// It is paid for, and its volume's key died with an earlier process: it waits for give_key or give_up_key.
        std::function<void(const Lease&)> on_key_needed;
        /// Its encrypted volume was found closed. In the transaction that marks it locked.
        std::function<void(const Lease&)> on_locked;
        /// It ran, and the host lost it or its owner never unlocked it: the rest goes back. In the transaction that
        /// marks it ending.
        std::function<void(const Lease&)> on_lost;
        /// Its end is near. In the transaction that remembers that its owner was told.
        std::function<void(const Lease&)> on_expiring;
        /// Its container exits again and again: mark_reported once its owner was told.
        std::function<void(const Lease&)> on_crash_looping;
        /// Whether nobody else on the host has that port; empty: nobody ever has.
        std::function<bool(uint16_t)> is_port_free;
    };

    Leases(const Options& options, LeaseStore& store, JobRunner& jobs, crypto::Random& random, FailureSink& failures,
           Handlers handlers);

    /// Reads the rows; drive() then does what is due, as after a restart.
    void load(UnixTime now);

    /// Takes a number, ports and capacity; unavailable when one of them is short. Not written yet: see add().
    [[nodiscard]] Result<Lease> reserve(const Admission& admission, const std::string& owner, UnixTime now);
    void give_back(const Lease& reserved);
    /// Writes the reserved lease, and prepares its network while the mint is asked, unless it is ready.
    /// `key` is its encrypted volume's, kept in memory until the workload runs.
    void add(Lease lease, std::shared_ptr<const luks::VolumeKey> key = {});

    /// Whether its reservation still waits for the mint's answer: see [capacity] reservation_seconds_max.
    [[nodiscard]] bool is_reserved(const std::string& id) const;
    /// The swap gave signatures.
    void pay(const std::string& id, UnixTime now);
    /// The swap did not: nothing was taken, what was prepared is removed.
    void refuse(const std::string& id, UnixTime now);
    void extend(const std::string& id, std::chrono::seconds added, UnixTime now);
    /// Ends a live lease before its time.
    void stop(const std::string& id, const std::string& reason, UnixTime now);
    /// Starts a live lease's container again, with the key of a closed volume; false while it has a job in flight.
    [[nodiscard]] bool resume(const std::string& id, std::shared_ptr<const luks::VolumeKey> key);
    /// What on_key_needed asked for; ignored where nothing waits for it.
    void give_key(const std::string& id, std::shared_ptr<const luks::VolumeKey> key, UnixTime now);
    /// It can't be had: the lease fails, with its money back.
    void give_up_key(const std::string& id, UnixTime now);
    /// A top-up of this lease is being redeemed, or no longer.
    void begin_top_up(const std::string& id);
    void end_top_up(const std::string& id);

    [[nodiscard]] const Lease* find(const std::string& id) const;
    /// Running or locked.
    [[nodiscard]] std::vector<const Lease*> live() const;
    /// Everything that has not ended, by id.
    [[nodiscard]] const std::map<std::string, Lease>& all() const { return leases_; }
    [[nodiscard]] const Lease* find_number(uint32_t number) const;
    [[nodiscard]] const Lease* find_owner(const std::string& owner) const; ///< newest running of this owner

    void handle(const NetworkPrepared& prepared);
    void handle(const WorkloadCreated& created, UnixTime now);
    void handle(const WorkloadResumed& resumed, UnixTime now);
    void handle(const WorkloadInspected& inspected, UnixTime now);
    void handle(const WorkloadDestroyed& destroyed, UnixTime now);
    /// Capacity from the Engine's facts; objects of ours without a lease are removed, unless they are held.
    void handle(const Surveyed& surveyed, uint64_t storage_gb, UnixTime now);
    void handle(const LeaseFilesRead& read, UnixTime now);
    void handle(const LeaseFilesWritten& written, UnixTime now) { keeper_.handle(written, now); }
    void handle(const compute::Isolation& isolation);

    /// Too little is free on the Engine's disk for another lease, or no longer.
    void close_for_disk(bool is_low) { disk_is_low_ = is_low; }

    void drive(UnixTime now);
    [[nodiscard]] UnixTime next_due() const;
    /// The id that the next lease gets, if the Engine has a network for it already: nobody's, so a process that ends in
    /// order takes it away, and what a killed one leaves is swept.
    [[nodiscard]] std::optional<std::string> ready_network() const;

    /// While draining nothing is free.
    void set_draining(bool draining) { draining_ = draining; }
    [[nodiscard]] bool is_draining() const { return draining_; }
    /// What may be sold in all, what every lease that has not ended holds of it, and what is left to sell now.
    [[nodiscard]] const Resources& capacity() const { return total_; }
    [[nodiscard]] Resources sold() const;
    [[nodiscard]] Resources free_capacity() const;
    /// How many more of this size could be reserved now.
    [[nodiscard]] uint64_t free_slots(const Spec& spec) const;
    /// The same of every spec, by id.
    [[nodiscard]] std::map<std::string, uint64_t> free_slots() const;
    [[nodiscard]] uint32_t running_count() const;
    /// The full names of the images of all leases here.
    [[nodiscard]] std::set<std::string> images() const;
    /// What the Engine has and how leases are contained is known: there is an answer to whoever wants one.
    [[nodiscard]] bool is_surveyed() const { return surveyed_ && isolation_ && !is_rebuilding(); }
    /// The database is new, and which leases there are may not be known yet.
    [[nodiscard]] bool is_rebuilding() const { return keeper_.is_rebuilding(); }
    /// Why nothing at all may be sold now: a sentence. Running leases go on.
    [[nodiscard]] const std::optional<std::string>& why_closed() const { return why_closed_; }
    [[nodiscard]] bool are_isolated() const
    {
        return isolation_ && isolation_->state == compute::Isolation::State::contained;
    }
    [[nodiscard]] const std::string& runtime() const { return runtime_; }
    /// Asks the Engine about this lease once no job of it is in flight.
    void look(const std::string& id);
    /// The same of every running lease, after the Engine was away.
    void inspect_all(UnixTime now);
    void mark_reported(const std::string& id, UnixTime now);

private:
    void take_rebuilt(UnixTime now);
    void sweep(const std::vector<compute::LabelledObject>& objects, UnixTime now);
    [[nodiscard]] std::set<std::string> take_stale_trials(const std::vector<compute::LabelledObject>& objects,
                                                          UnixTime now);
    /// False when it was blocked already.
    bool block_number_of(const compute::LabelledObject& object);
    void unblock_number_of(const std::string& lease);
    void unblock_gone(const std::vector<compute::LabelledObject>& objects);
    [[nodiscard]] bool may_be_sold() const;
    [[nodiscard]] bool has_waiting_owner() const;
    void keep_ready(UnixTime now);
    void drop_ready();
    [[nodiscard]] bool is_ready(const std::string& id) const { return ready_ && ready_->lease == id; }
    [[nodiscard]] Result<uint32_t> take_number();
    [[nodiscard]] Result<compute::WorkloadName> take_name();
    [[nodiscard]] std::optional<uint16_t> preferred_port(uint32_t number) const;
    void judge_closed();
    void end(Lease& lease, const std::string& reason, UnixTime now);
    void lock(Lease& lease, UnixTime now);
    void fail_to_create(Lease& lease, const Error& error, UnixTime now);
    void submit_inspections();
    void notice_stopped(const std::vector<compute::LabelledObject>& objects);
    void take_workload(Lease& lease, const compute::Workload& workload);
    void on_gone(Lease& lease, UnixTime now);
    void on_not_resumed(Lease& lease, const Error& error, bool is_closed, UnixTime now);
    void on_down(Lease& lease, const compute::Workload& workload, bool is_forgiven, UnixTime now);
    /// What is due for a lease besides its steps: a restart, a warning, a report.
    void keep_up(Lease& lease, LeaseStep step, UnixTime now);
    void save(const Lease& lease, UnixTime now)
    {
        failures_.check(store_.update(lease, now));
        keeper_.note(lease);
    }
    Lease* find_mutable(const std::string& id);

    const Options& options_;
    LeaseStore& store_;
    JobRunner& jobs_;
    crypto::Random& random_;
    FailureSink& failures_;
    Handlers handlers_;
    LeaseKeeper keeper_;
    compute::PortLedger ports_;
    std::map<std::string, Lease> leases_;
    std::set<uint32_t> numbers_;     ///< in use
    std::vector<uint32_t> rested_;   ///< used before and free, the longest rested first
    std::set<uint32_t> used_before_; ///< by earlier processes: in use, rested, or held
    uint32_t next_fresh_ = 0;        ///< the first number that may never have been used
    std::map<std::string, std::shared_ptr<const luks::VolumeKey>> keys_; ///< of leases that don't run yet
    std::set<std::string> without_key_; ///< of those, the ones that can't be made until their key is found
    /// What no row knows, and the number that its name blocks until the Engine has it no more.
    std::map<std::string, std::optional<uint32_t>> strangers_;
    std::map<std::string, UnixTime> trials_; ///< of what the Engine can do, that the last survey met, and since when
    /// The next lease's network is made, or being made while it is busy; its number is not in use yet.
    std::optional<compute::WorkloadName> ready_;
    ReadyNetwork sales_;
    std::set<std::string> busy_;       ///< leases with a job in flight
    std::set<std::string> to_inspect_; ///< as soon as they have no job in flight
    std::set<std::string> forgiven_;   ///< an exit found at the next inspection is the host's doing
    std::set<std::string> reporting_;  ///< leases whose crash loop is being reported
    Resources total_;
    bool surveyed_ = false;
    std::string engine_problem_;                  ///< why the Engine does not answer, as it was logged
    std::optional<compute::Isolation> isolation_; ///< once it was tried
    std::string runtime_;
    bool has_runtime_ = true; ///< the Engine knows it
    std::optional<std::string> why_closed_;
    bool draining_ = false;
    bool disk_is_low_ = false; ///< too little is free for another lease
};

} // namespace berth::provider
