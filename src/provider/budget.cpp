#include "provider/budget.h"

#include <algorithm>

namespace berth::provider {

bool Budget::take(const std::string& key, UnixTime now)
{
    const auto refilled = [&](const Bucket& bucket) {
        const double seconds = std::chrono::duration<double>(now - bucket.at).count();
        return std::min(burst_, bucket.tokens + std::max(0.0, seconds) * per_second_);
    };
    // A full bucket says nothing that a new one would not.
    if (buckets_.size() >= kBucketsMax)
        std::erase_if(buckets_, [&](const auto& entry) { return refilled(entry.second) >= burst_; });
    if (buckets_.size() >= kBucketsMax && !buckets_.contains(key))
        return false;
    auto [entry, is_new] = buckets_.try_emplace(key, Bucket{burst_, now});
    Bucket& bucket = entry->second;
    bucket.tokens = refilled(bucket);
    bucket.at = now;
    if (bucket.tokens < 1.0)
        return false;
    bucket.tokens -= 1.0;
    return true;
}

} // namespace berth::provider
