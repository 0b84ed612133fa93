#include "provider/lease_keeper.h"

#include "util/log.h"

namespace berth::provider {

namespace {

constexpr std::chrono::hours kHold{1};
constexpr std::chrono::seconds kReadRetry{10};
constexpr std::chrono::seconds kWriteRetry{60};
/// Beyond the longest lease: the operator may have changed that, and a locked lease waits for its key.
constexpr std::chrono::hours kEndTolerance{24 * 366};

} // namespace

void LeaseKeeper::load(UnixTime now)
{
    state_ = failures_.take(store_.load_rebuild());
    if (!state_.is_due) {
        settle_due_ = now;
        return;
    }
    if (state_.hold_until == UnixTime{}) {
        state_.hold_until = now + kHold;
        failures_.check(store_.save_rebuild(state_));
    }
    read_due_ = now;
}

void LeaseKeeper::note(const Lease& lease)
{
    if (is_live(lease)) {
        std::string text = encode_lease_file(lease);
        std::string& known = texts_[lease.id];
        if (text == known)
            return;
        known = std::move(text);
        jobs_.submit(WriteLeaseFileJob{lease.id, known});
    } else if (texts_.erase(lease.id) != 0) {
        jobs_.submit(WriteLeaseFileJob{lease.id, {}});
    }
}

bool LeaseKeeper::holds(const std::string& lease, UnixTime now)
{
    if (!state_.is_due && now >= state_.hold_until)
        return false;
    // Of an ended lease there is a row: what is left of that is nobody's.
    return !failures_.take(store_.find(lease));
}

void LeaseKeeper::handle(const LeaseFilesRead& read, UnixTime now)
{
    if (!state_.is_due)
        return;
    if (!read.files) {
        log::error("nothing is sold until the files of leases can be read: {}", read.files.error().message);
        read_due_ = now + kReadRetry;
        return;
    }
    files_ = *read.files;
}

void LeaseKeeper::handle(const LeaseFilesWritten& written, UnixTime now)
{
    if (written.outcome)
        return;
    log::warn("the files of leases are not up to date: {}", written.outcome.error().message);
    settle_due_ = std::min(settle_due_, now + kWriteRetry);
}

void LeaseKeeper::see(const std::vector<compute::LabelledObject>& objects)
{
    if (state_.is_due)
        objects_ = objects;
}

std::vector<Lease> LeaseKeeper::take_rebuilt(UnixTime now)
{
    if (!state_.is_due || !files_ || !objects_)
        return {};
    Rebuilt rebuilt = rebuild_leases(*files_, *objects_, lease_max_ + kEndTolerance, now);
    for (const auto& [lease, reason] : rebuilt.refused) {
        log::warn("the file of lease {} is set aside: {}", lease, reason);
        set_aside_.insert(lease);
    }
    if (!rebuilt.leases.empty())
        log::warn(
            "the database is new, and {} leases are taken up from their files; what was paid for them is not known",
            rebuilt.leases.size());
    files_.reset();
    objects_.reset();
    state_.is_due = false;
    failures_.check(store_.save_rebuild(state_));
    settle_due_ = now;
    return std::move(rebuilt.leases);
}

void LeaseKeeper::tick(const std::map<std::string, Lease>& leases, UnixTime now)
{
    if (now >= read_due_) {
        read_due_ = UnixTime::max();
        jobs_.submit(ReadLeaseFilesJob{});
    }
    if (state_.is_due || now < settle_due_)
        return; // files that nobody has read yet are not to go
    settle_due_ = UnixTime::max();
    texts_.clear();
    for (const auto& [id, lease] : leases)
        if (is_live(lease))
            texts_.emplace(id, encode_lease_file(lease));
    jobs_.submit(SettleLeaseFilesJob{texts_, set_aside_});
}

} // namespace berth::provider
