#pragma once
// Our nftables table in the kernel: put there whole, looked after, taken away. What it says is firewall_rules.h. The
// only user of libnftables. Thread-safe.

#include "compute/firewall_rules.h"
#include "util/mutex.h"

namespace berth::compute {

class Firewall {
public:
    /// Makes the table as the rules say, unless it is so already: an unchanged table costs a look. Whatever was there
    /// under its name, such as an earlier process's, is replaced in one transaction, so that at no moment there is
    /// none. unavailable when the kernel does not take it, with what to do about it.
    [[nodiscard]] Result<void> ensure(const FirewallRules& rules);
    /// Takes the table away; success, too, when it isn't there.
    [[nodiscard]] Result<void> remove(const std::string& table);

private:
    Mutex mutex_;
    std::string installed_ GUARDED_BY(mutex_); ///< the commands
    std::string listed_ GUARDED_BY(mutex_);    ///< how the kernel tells them
};

} // namespace berth::compute
