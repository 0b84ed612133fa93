#include "nostr/relay/catch_up.h"

#include <algorithm>
#include <functional>

namespace berth::nostr::relay {

Filter CatchUp::page_of(const Filter& filter) const
{
    Filter page = filter;
    page.since = since_;
    page.until = until_;
    page.limit = kPageLimit;
    return page;
}

void CatchUp::received(const EventId& id, int64_t created_at)
{
    page_times_.push_back(created_at);
    if (ids_.size() < kEventsMax && ids_.insert(id).second)
        page_is_dry_ = false;
}

CatchUp::Step CatchUp::end_page(PageEnd end)
{
    ++pages_;
    const bool is_full = page_times_.size() >= kFullPage;
    if (end == PageEnd::finish || page_times_.empty() || (page_is_dry_ && !is_full && end != PageEnd::more))
        return Step::complete;
    if (pages_ >= kPagesMax || ids_.size() >= kEventsMax)
        return Step::given_up;
    const int64_t next = next_until();
    if (next < since_)
        return Step::complete;
    until_ = next;
    page_times_.clear();
    page_is_dry_ = true;
    return Step::ask_next;
}

int64_t CatchUp::next_until()
{
    if (page_is_dry_) // more events within one second than a page holds: nothing but stepping over them helps
        return *std::min_element(page_times_.begin(), page_times_.end()) - 1;
    // Live events arrive among the stored ones, with any date their author likes. Were the oldest of all the next
    // `until`, one back-dated live event would open a gap; the oldest of the newest 400 can't lie below the stored
    // page.
    const size_t rank = std::min(page_times_.size(), kFullPage) - 1;
    const auto nth = page_times_.begin() + static_cast<std::ptrdiff_t>(rank);
    std::nth_element(page_times_.begin(), nth, page_times_.end(), std::greater<>{});
    const int64_t until = *nth;
    // Seen from the page before, nothing may move upwards, or the walk would never end.
    return until_ ? std::min(*until_, until) : until;
}

} // namespace berth::nostr::relay
