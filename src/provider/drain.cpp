#include "provider/drain.h"

#include "util/log.h"

namespace berth::provider {

namespace {

constexpr const char* kSchema = R"(
CREATE TABLE drain(
    only_row INTEGER PRIMARY KEY CHECK(only_row=1),
    since_ms INTEGER NOT NULL,
    evicting INTEGER NOT NULL
) STRICT;
)";

constexpr const char* kEvictionReason = "the provider is being emptied";

} // namespace

Result<void> DrainStore::migrate()
{
    return db::migrate(database_, "drain", {kSchema});
}

Result<std::optional<DrainState>> DrainStore::load()
{
    db::Statement query = database_.prepare("SELECT since_ms,evicting FROM drain");
    const bool found = TRY(query.step());
    if (!found)
        return std::optional<DrainState>{};
    return std::optional{
        DrainState{.since = UnixTime{std::chrono::milliseconds{query.integer(0)}}, .evicting = query.integer(1) != 0}};
}

Result<void> DrainStore::save(const DrainState& state)
{
    return database_.prepare("INSERT OR REPLACE INTO drain VALUES(1,?,?)")
        .bind(static_cast<int64_t>(state.since.time_since_epoch().count()))
        .bind(state.evicting)
        .run();
}

Result<void> DrainStore::clear()
{
    return database_.prepare("DELETE FROM drain").run();
}

void Drain::load()
{
    state_ = failures_.take(store_.load());
    leases_.set_draining(state_.has_value());
    if (state_)
        log::info("draining since {}: nothing is sold", rfc3339(state_->since));
}

void Drain::begin(bool evict, UnixTime now)
{
    if (!state_)
        log::info("draining from now on: nothing is sold{}", evict ? ", and leases are ended with refunds" : "");
    const DrainState wanted{.since = state_ ? state_->since : now, .evicting = evict};
    failures_.check(store_.save(wanted));
    state_ = wanted;
    leases_.set_draining(true);
}

void Drain::end()
{
    if (!state_)
        return;
    failures_.check(store_.clear());
    state_.reset();
    told_empty_ = false;
    leases_.set_draining(false);
    log::info("no longer draining: the provider sells again");
}

void Drain::tick(UnixTime now)
{
    if (!state_)
        return;
    if (state_->evicting)
        for (const Lease* lease : leases_.live())
            desk_.evict(*lease, kEvictionReason, now);
    if (is_empty() && !told_empty_)
        log::info("drained: no lease is left");
    told_empty_ = is_empty();
}

} // namespace berth::provider
