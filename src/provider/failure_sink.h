#pragma once
// Where a failed write of our own state goes: the batch is rolled back and the daemon stops, and the next start
// recovers from the rows. Going on with memory and rows apart would be the one way to lose money.

#include "util/result.h"

#include <optional>

namespace berth::provider {

class FailureSink {
public:
    void check(const Result<void>& written)
    {
        if (!written && !first_)
            first_ = written.error();
    }
    /// The value, or an empty one once something failed.
    template <class T>
    [[nodiscard]] T take(Result<T> read, T otherwise = {})
    {
        if (read)
            return std::move(*read);
        if (!first_)
            first_ = read.error();
        return otherwise;
    }
    [[nodiscard]] const std::optional<Error>& first() const { return first_; }

private:
    std::optional<Error> first_;
};

} // namespace berth::provider
