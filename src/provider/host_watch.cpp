#include "provider/host_watch.h"

#include "util/log.h"

#include <algorithm>

namespace berth::provider {

namespace {

constexpr std::chrono::seconds kSurveyInterval{60};
constexpr std::chrono::seconds kSurveyRetry{2};
/// What a killed daemon had just asked the Engine for may come up only after the first look.
constexpr std::chrono::seconds kSecondLook{5};
constexpr std::chrono::seconds kNodeStatusInterval{30};
constexpr std::chrono::seconds kCheckInterval{10};
/// While nothing is sold for want of containment, which may have been the Engine's bad moment.
constexpr std::chrono::seconds kCheckRetry{3};

} // namespace

void HostWatch::tick(UnixTime now)
{
    if (now >= next_node_status_) {
        next_node_status_ = now + kNodeStatusInterval;
        p_.jobs.submit(NodeStatusJob{});
    }
    if (now >= next_survey_) {
        next_survey_ = now + kSurveyInterval;
        p_.jobs.submit(SurveyJob{});
    }
    if (engine_up_ && now >= next_check_) {
        next_check_ = now + kCheckInterval;
        p_.jobs.submit(CheckHostJob{});
    }
}

UnixTime HostWatch::next_due() const
{
    return std::min({next_survey_, next_node_status_, engine_up_ ? next_check_ : UnixTime::max()});
}

void HostWatch::handle(const Surveyed& surveyed, UnixTime now)
{
    const bool was_up = engine_up_;
    engine_up_ = surveyed.engine.has_value();
    engine_version_ = engine_up_ ? surveyed.engine->version : "";
    is_measured_ = true;
    if (!engine_up_) {
        next_survey_ = now + kSurveyRetry;
        handlers_.on_promises_known();
    }
    if (surveyed.images)
        p_.images.reconcile(*surveyed.images, now);
    judge_disk(surveyed.disk_free);
    p_.leases.handle(surveyed, storage_gb_, now);
    if (engine_up_ && !was_up) {
        next_survey_ = std::min(next_survey_, now + kSecondLook);
        next_check_ = now;
        p_.leases.inspect_all(now);
        p_.limits.doubt(now);
        handlers_.on_changed();
        handlers_.on_answers_known();
    }
}

void HostWatch::judge_disk(std::optional<uint64_t> bytes_free)
{
    const bool is_low = bytes_free && *bytes_free < p_.options.disk.free_gb_min << 30;
    if (is_low && !disk_is_low_)
        log::warn("nothing is sold while {} MB are free on the Engine's disk", *bytes_free >> 20);
    disk_is_low_ = is_low;
    p_.leases.close_for_disk(is_low);
}

void HostWatch::handle(const HostChecked& checked, UnixTime now)
{
    const bool was_known = p_.leases.is_surveyed();
    const bool was_closed = p_.leases.why_closed().has_value();
    volumes_ = checked.volumes;
    p_.leases.handle(checked.isolation);
    next_check_ = now + (p_.leases.why_closed() ? kCheckRetry : kCheckInterval);
    handlers_.on_promises_known();
    if (p_.leases.why_closed().has_value() != was_closed)
        handlers_.on_changed();
    if (!was_known)
        handlers_.on_answers_known();
}

void HostWatch::handle(const NodeStatusRead& read)
{
    node_ = read.status ? std::optional{*read.status} : std::nullopt;
    if (node_)
        storage_gb_ = (node_->disk_total - node_->disk_used) >> 30;
}

void HostWatch::handle(const EngineSign& sign, UnixTime now)
{
    if (sign.kind == EngineSign::Kind::changed)
        return p_.leases.look(sign.lease);
    if (!is_measured_)
        return; // the first survey is on its way
    next_survey_ = now;
    if (sign.kind == EngineSign::Kind::connected && engine_up_)
        p_.leases.inspect_all(now);
}

} // namespace berth::provider
