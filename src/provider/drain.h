#pragma once
// A provider that is to be emptied: it sells nothing and extends nothing, its leases run to their end or are ended with
// their unused time given back. One row says so, so that a restart changes nothing.

#include "db/database.h"
#include "provider/desk.h"

namespace berth::provider {

struct DrainState {
    UnixTime since{};
    bool evicting = false; ///< leases are ended as soon as they run
};

class DrainStore {
public:
    explicit DrainStore(db::Database& database) : database_{database} {}

    [[nodiscard]] Result<void> migrate();
    /// Nothing while the provider sells.
    [[nodiscard]] Result<std::optional<DrainState>> load();
    [[nodiscard]] Result<void> save(const DrainState& state);
    [[nodiscard]] Result<void> clear();

private:
    db::Database& database_;
};

class Drain {
public:
    Drain(DrainStore& store, Leases& leases, Desk& desk, FailureSink& failures)
        : store_{store}, leases_{leases}, desk_{desk}, failures_{failures}
    {
    }

    /// Takes up the row again, after a restart.
    void load();
    /// Stops selling; a second time changes only whether leases are ended.
    void begin(bool evict, UnixTime now);
    void end();
    /// Ends what is to be ended, and says once when nothing is left.
    void tick(UnixTime now);

    [[nodiscard]] const std::optional<DrainState>& state() const { return state_; }
    /// Draining, and no lease is left.
    [[nodiscard]] bool is_empty() const { return state_.has_value() && leases_.all().empty(); }

private:
    DrainStore& store_;
    Leases& leases_;
    Desk& desk_;
    FailureSink& failures_;
    std::optional<DrainState> state_;
    bool told_empty_ = false;
};

} // namespace berth::provider
