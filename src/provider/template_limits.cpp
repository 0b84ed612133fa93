#include "provider/template_limits.h"

#include "util/log.h"

namespace berth::provider {

namespace {

constexpr std::chrono::seconds kRetry{10};

} // namespace

TemplateLimits::TemplateLimits(const Options& options, JobRunner& jobs) : options_{options}, jobs_{jobs}
{
    wanted_.insert(compute::WorkloadSpec{}.nofile_max);
    for (const auto& [slug, entry] : options.templates)
        wanted_.insert(entry.nofile_max);
}

void TemplateLimits::doubt(UnixTime now)
{
    next_try_ = now;
}

void TemplateLimits::tick(UnixTime now)
{
    if (now < next_try_)
        return;
    next_try_ = UnixTime::max();
    jobs_.submit(TryLimitsJob{wanted_});
}

void TemplateLimits::handle(const LimitsTried& tried, UnixTime now)
{
    if (!tried.limits) {
        log::warn("the limits of templates could not be tried: {}", tried.limits.error().message);
        next_try_ = now + kRetry;
        return;
    }
    const bool is_news = !known_ || known_->nofile_refused != tried.limits->nofile_refused ||
                         known_->sized_root != tried.limits->sized_root;
    known_ = *tried.limits;
    if (is_news)
        say(*known_);
}

void TemplateLimits::say(const compute::EngineLimits& limits) const
{
    log::info("root file systems held to their size: {}",
              limits.sized_root ? "yes" : "no, " + limits.sized_root_why_not);
    for (const auto& [nofile, why] : limits.nofile_refused)
        log::warn("{} open files can't be set: {}", nofile, why);
    for (const std::string& slug : left_out())
        log::warn("template {} is not on sale: this Engine can't set its limit on open files", slug);
}

std::optional<Refusal> TemplateLimits::judge(uint32_t nofile) const
{
    if (!known_ || !known_->nofile_refused.contains(nofile))
        return std::nullopt;
    return Refusal{
        error_type::unknown_template,
        fmt::format("this provider's host can't give {} open files, which that needs; nothing was taken", nofile)};
}

std::set<std::string> TemplateLimits::left_out() const
{
    std::set<std::string> slugs;
    for (const auto& [slug, entry] : options_.templates)
        if (!known_ || known_->nofile_refused.contains(entry.nofile_max))
            slugs.insert(slug);
    return slugs;
}

} // namespace berth::provider
