#pragma once
// Host ports of leases come from a ledger: a range, and what is taken. The lease rows are the truth behind it.

#include "util/result.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

namespace berth::compute {

struct PortRange {
    uint16_t first = 0;
    uint16_t last = 0;                                                   ///< inclusive
    [[nodiscard]] static Result<PortRange> parse(std::string_view text); ///< "31000-31999"
};

class PortLedger {
public:
    /// `is_free` says whether nobody else on the host has a port; empty: nobody ever has.
    explicit PortLedger(PortRange range, std::function<bool(uint16_t)> is_free = {})
        : range_{range}, is_free_{std::move(is_free)}
    {
    }
    /// `count` free ports, `preferred` first if it is free. unavailable when too few are left. Taken at once.
    [[nodiscard]] Result<std::vector<uint16_t>> take(size_t count, std::optional<uint16_t> preferred);
    void mark_taken(uint16_t port) { taken_.insert(port); }
    void give_back(uint16_t port) { taken_.erase(port); }
    [[nodiscard]] size_t free_count() const;

private:
    [[nodiscard]] bool is_free(uint16_t port) const { return !taken_.contains(port) && (!is_free_ || is_free_(port)); }

    const PortRange range_;
    const std::function<bool(uint16_t)> is_free_;
    std::set<uint16_t> taken_;
    uint16_t next_ = 0; ///< where the search goes on, so that a port rests before it is used again
};

} // namespace berth::compute
