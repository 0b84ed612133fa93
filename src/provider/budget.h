#pragma once
// Token buckets: how often one sender, and all unknown senders together, may make us answer.

#include "util/time.h"

#include <map>
#include <string>

namespace berth::provider {

class Budget {
public:
    Budget(double burst, double per_second) : burst_{burst}, per_second_{per_second} {}

    /// Takes one token of this key's bucket; false when it is empty.
    [[nodiscard]] bool take(const std::string& key, UnixTime now);

private:
    struct Bucket {
        double tokens;
        UnixTime at;
    };
    static constexpr size_t kBucketsMax = 10'000;

    const double burst_;
    const double per_second_;
    std::map<std::string, Bucket> buckets_;
};

} // namespace berth::provider
