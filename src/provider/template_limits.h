#pragma once
// Whether the Engine can set what plain images and each template need, tried whenever it comes up. A template whose
// limits can't be set is left out of the offer, and refused before money.

#include "provider/jobs.h"
#include "provider/options.h"
#include "provider/wire.h"

namespace berth::provider {

class TemplateLimits {
public:
    TemplateLimits(const Options& options, JobRunner& jobs);

    /// The Engine has come up, or is another one.
    void doubt(UnixTime now);
    void tick(UnixTime now);
    void handle(const LimitsTried& tried, UnixTime now);
    [[nodiscard]] UnixTime next_due() const { return next_try_; }

    [[nodiscard]] bool is_known() const { return known_.has_value(); }
    [[nodiscard]] bool sizes_root() const { return known_ && known_->sized_root; }
    /// Why this limit on open files can't be had; nothing while that isn't known.
    [[nodiscard]] std::optional<Refusal> judge(uint32_t nofile) const;
    /// Slugs that are not on sale, or not yet.
    [[nodiscard]] std::set<std::string> left_out() const;

private:
    void say(const compute::EngineLimits& limits) const;

    const Options& options_;
    JobRunner& jobs_;
    std::set<uint32_t> wanted_;
    std::optional<compute::EngineLimits> known_;
    UnixTime next_try_ = UnixTime::max();
};

} // namespace berth::provider
