#pragma once
// Paging through what one relay stored since a moment, newest first, until a page brings nothing new. Pure: it says
// which page to ask next and whether the whole range has arrived.
//
// Relays clamp `limit` silently, so a short page does not prove the end; only NIP-67's `finish` or a dry page does.

#include "nostr/filter.h"

#include <set>

namespace berth::nostr::relay {

/// What EOSE said about older events (NIP-67); most relays say nothing.
enum class PageEnd { unknown, finish, more };

class CatchUp {
public:
    enum class Step { ask_next, complete, given_up };

    explicit CatchUp(int64_t since) : since_{since} {}

    /// The current page's filter: the subscription's own with since, until and limit.
    [[nodiscard]] Filter page_of(const Filter& filter) const;
    /// An event of the current page.
    void received(const EventId& id, int64_t created_at);
    /// EOSE for the current page. given_up: 20 pages or 20 000 events did not suffice.
    [[nodiscard]] Step end_page(PageEnd end);

    static constexpr uint64_t kPageLimit = 500;

private:
    static constexpr size_t kPagesMax = 20;
    static constexpr size_t kEventsMax = 20'000;
    /// A page of this size is full, even if the relay's own limit is a little below ours.
    static constexpr size_t kFullPage = kPageLimit * 8 / 10;

    [[nodiscard]] int64_t next_until();

    int64_t since_;
    std::optional<int64_t> until_;
    std::set<EventId> ids_;           ///< of all pages
    std::vector<int64_t> page_times_; ///< created_at of the current page
    bool page_is_dry_ = true;
    size_t pages_ = 0;
};

} // namespace berth::nostr::relay
