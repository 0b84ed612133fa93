#include "local/relay_limits.h"

#include <algorithm>

namespace berth::local {

double TokenBuckets::level(const Bucket& bucket, UnixTime now) const
{
    const double minutes = std::chrono::duration<double, std::ratio<60>>(now - bucket.filled_at).count();
    return std::clamp(bucket.tokens + minutes * rate_.per_minute, 0.0, rate_.burst);
}

bool TokenBuckets::take(const std::string& address, UnixTime now)
{
    if (rate_.per_minute <= 0)
        return true;
    auto found = buckets_.find(address);
    if (found == buckets_.end()) {
        forget_full(now);
        // More addresses at once than we keep is a flood: the newcomers wait.
        if (buckets_.size() >= kAddressesMax)
            return false;
        found = buckets_.emplace(address, Bucket{.tokens = rate_.burst, .filled_at = now}).first;
    }
    Bucket& bucket = found->second;
    bucket.tokens = level(bucket, now);
    bucket.filled_at = now;
    if (bucket.tokens < 1)
        return false;
    bucket.tokens -= 1;
    return true;
}

void TokenBuckets::forget_full(UnixTime now)
{
    if (buckets_.size() < kAddressesMax)
        return;
    std::erase_if(buckets_, [&](const auto& entry) { return level(entry.second, now) >= rate_.burst; });
}

bool is_loopback(const std::string& address)
{
    return address.rfind("127.", 0) == 0 || address == "::1" || address.rfind("::ffff:127.", 0) == 0;
}

} // namespace berth::local
