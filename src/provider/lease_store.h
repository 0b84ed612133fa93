#pragma once
// Lease rows. Writes happen inside the caller's transaction.

#include "db/database.h"
#include "provider/lease.h"

#include <vector>

namespace berth::provider {

/// What a database says of the rows that one before it may have had: provider/lease_keeper.h.
struct RebuildState {
    bool is_due = false;   ///< it is new, and the files of leases were not looked at yet
    UnixTime hold_until{}; ///< the Engine's objects of leases that no row knows stay until then
};

class LeaseStore {
public:
    explicit LeaseStore(db::Database& database) : database_{database} {}

    [[nodiscard]] Result<void> migrate();
    [[nodiscard]] Result<void> insert(const Lease& lease);
    [[nodiscard]] Result<void> update(const Lease& lease, UnixTime now);
    /// Everything that has not ended.
    [[nodiscard]] Result<std::vector<Lease>> load_open();
    /// An ended lease of this owner with this number, the newest: for `lease_expired`.
    [[nodiscard]] Result<std::optional<Lease>> find_ended(uint32_t number);
    /// Open or ended, by id.
    [[nodiscard]] Result<std::optional<Lease>> find(const std::string& id);
    /// Numbers by how long they have rested: never used first, then the longest ended.
    [[nodiscard]] Result<std::vector<uint32_t>> used_numbers_oldest_first();
    [[nodiscard]] Result<uint64_t> count_completed();
    [[nodiscard]] Result<RebuildState> load_rebuild();
    [[nodiscard]] Result<void> save_rebuild(const RebuildState& state);

private:
    db::Database& database_;
};

} // namespace berth::provider
