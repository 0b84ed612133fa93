#include "nostr/relay/feed.h"

#include "util/log.h"

#include <algorithm>

namespace berth::nostr::relay {

using namespace std::chrono_literals;

namespace {

constexpr Uptime kEoseTimeout = 10s; ///< without any event of the request
constexpr Uptime kEoseTimeoutMax = 60s;
constexpr Uptime kRefetchAfter = 60s;
constexpr Uptime kRetryCatchUpAfter = 5min;
constexpr Uptime kReissueAfter = 6h;
constexpr int64_t kCursorLagSeconds = 120;
constexpr int64_t kCursorStepSeconds = 60;

} // namespace

Feed::Feed(FeedPort& port, Subscription subscription, uint32_t number, int64_t complete_through,
           std::chrono::seconds age_max)
    : port_{port}, subscription_{std::move(subscription)}, number_{number}, age_max_{age_max}, complete_through_{
                                                                                                   complete_through}
{
}

void Feed::connected(const Instant& now)
{
    open_due_ = now.uptime;
    refetch_due_ = subscription_.window ? now.uptime + kRefetchAfter : kNever;
}

void Feed::disconnected()
{
    live_.reset();
    previous_live_.reset();
    page_.reset();
    catch_up_.reset();
    is_complete_ = false;
    end_announced_ = false;
    open_due_ = reissue_due_ = refetch_due_ = announce_due_ = kNever;
}

void Feed::reopen(const Instant& now)
{
    close_all();
    reopen_delay_.reset();
    open_due_ = now.uptime;
}

void Feed::close()
{
    close_all();
    disconnected();
}

void Feed::close_all()
{
    drop(page_);
    drop(previous_live_);
    drop(live_);
    catch_up_.reset();
    is_complete_ = false;
}

void Feed::drop(std::optional<Request>& request)
{
    if (request)
        port_.close_request(request->id);
    request.reset();
}

Feed::Request Feed::send(const Filter& filter, const Instant& now)
{
    return Request{.id = port_.open_request(filter),
                   .filter = filter,
                   .sent_at = now.uptime,
                   .deadline = now.uptime + kEoseTimeout};
}

int64_t Feed::since(const Instant& now) const
{
    const int64_t floor = now.seconds() - age_max_.count();
    const int64_t from = std::min(std::max(complete_through_, floor), now.seconds());
    return std::max<int64_t>(0, from - subscription_.window->count());
}

void Feed::open_live(const Instant& now)
{
    drop(page_);
    drop(previous_live_);
    previous_live_ = std::move(live_);
    live_.reset();
    catch_up_.reset();
    Filter filter = subscription_.filter;
    if (subscription_.window) {
        catch_up_.emplace(since(now));
        catch_up_sent_at_ = now.seconds();
        filter = catch_up_->page_of(subscription_.filter);
    }
    live_ = send(filter, now);
    open_due_ = kNever;
    reissue_due_ = now.uptime + kReissueAfter;
}

void Feed::start_refetch(const Instant& now)
{
    const bool is_busy = catch_up_ && !live_->timed_out;
    if (is_busy) {
        refetch_due_ = now.uptime + kRefetchAfter;
        return;
    }
    refetch_due_ = kNever;
    catch_up_.emplace(since(now));
    catch_up_sent_at_ = now.seconds();
    page_ = send(catch_up_->page_of(subscription_.filter), now);
}

const Filter* Feed::filter_of(const std::string& request_id) const
{
    for (const auto* request : {&live_, &page_, &previous_live_})
        if (*request && (*request)->id == request_id)
            return &(*request)->filter;
    return nullptr;
}

Feed::Request* Feed::find(const std::string& request_id)
{
    for (auto* request : {&live_, &page_, &previous_live_})
        if (*request && (*request)->id == request_id)
            return &**request;
    return nullptr;
}

bool Feed::awaits_eose(const std::string& request_id) const
{
    for (const auto* request : {&live_, &page_})
        if (*request && (*request)->id == request_id)
            return !(*request)->has_ended;
    return false;
}

bool Feed::expects_stored(const std::string& request_id) const
{
    const bool has_timed_out = live_ && live_->id == request_id && live_->timed_out;
    return awaits_eose(request_id) && !has_timed_out;
}

Feed::Volume Feed::on_event(const std::string& request_id, const EventId& id, int64_t created_at, const Instant& now)
{
    Request* request = find(request_id);
    if (request == nullptr || request->has_ended)
        return Volume::as_asked;
    ++request->received;
    request->deadline = std::min(request->sent_at + kEoseTimeoutMax, now.uptime + kEoseTimeout);
    const Request* current = page_ ? &*page_ : (live_ ? &*live_ : nullptr);
    if (catch_up_ && request == current)
        catch_up_->received(id, created_at);
    const bool is_stored_phase = !request->timed_out && request->filter.limit.has_value();
    return is_stored_phase && request->received > *request->filter.limit ? Volume::beyond_limit : Volume::as_asked;
}

void Feed::on_eose(const std::string& request_id, PageEnd end, const Instant& now)
{
    Request* request = find(request_id);
    if (request == nullptr || request->has_ended)
        return;
    request->has_ended = true;
    const bool is_live = live_ && request == &*live_;
    const bool is_page = page_ && request == &*page_;
    if (is_live) {
        reopen_delay_.reset();
        drop(previous_live_);
        if (!subscription_.window)
            announce_end();
    }
    if (catch_up_ && (is_page || (is_live && !page_)))
        end_page(end, now);
}

void Feed::end_page(PageEnd end, const Instant& now)
{
    const CatchUp::Step step = catch_up_->end_page(end);
    drop(page_);
    if (step == CatchUp::Step::ask_next)
        page_ = send(catch_up_->page_of(subscription_.filter), now);
    else
        finish_catch_up(step, now);
}

void Feed::finish_catch_up(CatchUp::Step outcome, const Instant& now)
{
    catch_up_.reset();
    if (outcome == CatchUp::Step::complete && live_) {
        is_complete_ = true;
        move_cursor(catch_up_sent_at_);
    } else {
        log::debug("subscription {}: catching up did not finish", subscription_.name);
        refetch_due_ = std::min(refetch_due_, now.uptime + kRetryCatchUpAfter);
    }
    announce_end();
}

void Feed::on_closed(const std::string& request_id, const std::string& text, const Instant& now)
{
    if (previous_live_ && previous_live_->id == request_id) {
        previous_live_.reset();
    } else if (page_ && page_->id == request_id) {
        page_.reset();
        finish_catch_up(CatchUp::Step::given_up, now);
    } else if (live_ && live_->id == request_id) {
        live_.reset();
        close_all();
        open_due_ = now.uptime + reopen_delay_.after(refusal_of(text));
        reissue_due_ = kNever;
        if (!end_announced_)
            announce_due_ = std::min(announce_due_, now.uptime + kEoseTimeout);
        if (reopen_delay_.in_a_row() == ReopenDelay::kDeafAfter)
            log::warn("a relay refused the subscription {} {} times in a row: {}", subscription_.name,
                      ReopenDelay::kDeafAfter, printable(text));
    }
}

void Feed::tick(const Instant& now, Backlog backlog)
{
    if (open_due_ <= now.uptime || (live_ && reissue_due_ <= now.uptime))
        open_live(now);
    if (backlog == Backlog::none)
        check_deadlines(now);
    if (live_ && refetch_due_ <= now.uptime)
        start_refetch(now);
    if (announce_due_ <= now.uptime)
        announce_end();
}

void Feed::check_deadlines(const Instant& now)
{
    if (live_ && !live_->has_ended && !live_->timed_out && live_->deadline <= now.uptime) {
        live_->timed_out = true; // its EOSE may still come, and then counts
        drop(previous_live_);
        announce_end();
    }
    if (page_ && page_->deadline <= now.uptime) {
        drop(page_);
        finish_catch_up(CatchUp::Step::given_up, now);
    }
}

Uptime Feed::next_due() const
{
    Uptime due = std::min(open_due_, announce_due_);
    if (live_) {
        due = std::min({due, reissue_due_, refetch_due_});
        if (!live_->has_ended && !live_->timed_out)
            due = std::min(due, live_->deadline);
    }
    if (page_)
        due = std::min(due, page_->deadline);
    return due;
}

void Feed::announce_end()
{
    announce_due_ = kNever;
    if (end_announced_)
        return;
    end_announced_ = true;
    port_.stored_end(subscription_.name);
}

void Feed::on_life(int64_t seconds)
{
    const int64_t target = seconds - kCursorLagSeconds;
    if (is_complete_ && live_ && target >= complete_through_ + kCursorStepSeconds)
        move_cursor(target);
}

void Feed::move_cursor(int64_t complete_through)
{
    if (!subscription_.window || complete_through <= complete_through_)
        return;
    complete_through_ = complete_through;
    port_.cursor_moved(subscription_.name, complete_through_);
}

void Feed::limit_cursor(int64_t seconds_max)
{
    if (!subscription_.window || complete_through_ <= seconds_max)
        return;
    complete_through_ = seconds_max;
    port_.cursor_moved(subscription_.name, complete_through_);
}

} // namespace berth::nostr::relay
