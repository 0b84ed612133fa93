#pragma once
// Whether the next lease's network is worth making before anybody asks for it. The Engine takes about a third of a
// spawn for one: while leases are sold one after the other, the next one finds its own ready. An idle provider keeps
// none.

#include "util/time.h"

#include <algorithm>

namespace berth::provider {

/// Two sales within this time make another one likely, and for as long after the last.
inline constexpr std::chrono::seconds kSalesFollow{10};

class ReadyNetwork {
public:
    void note_sale(UnixTime now)
    {
        if (now - last_sale_ <= kSalesFollow)
            wanted_until_ = now + kSalesFollow;
        last_sale_ = now;
    }
    /// None before the next sales.
    void give_up() { wanted_until_ = UnixTime{}; }
    [[nodiscard]] bool is_wanted(UnixTime now) const { return now < wanted_until_; }
    /// When is_wanted turns false by itself.
    [[nodiscard]] UnixTime wanted_until() const { return wanted_until_; }

private:
    UnixTime last_sale_{};
    UnixTime wanted_until_{};
};

} // namespace berth::provider
