#pragma once
// One subscription at one relay: the live REQ, the pages that catch up, and the completeness cursor.
//
// The cursor is the local time at which the REQ was sent, once everything stored has arrived; while the REQ stays
// live it follows the connection's signs of life. No event's created_at ever moves it: one gift wrap dated 2100
// would silence the inbox for ever. Some relays install the live listener late, hence a second catch-up 60 s after
// connecting and a fresh REQ every 6 h.

#include "nostr/relay/catch_up.h"
#include "nostr/relay/pool.h"
#include "nostr/relay/reopen_delay.h"

namespace berth::nostr::relay {

/// What a feed needs from its connection.
class FeedPort {
public:
    virtual ~FeedPort() = default;
    /// Sends REQ under an id that this connection never used, and returns the id.
    virtual std::string open_request(const Filter& filter) = 0;
    virtual void close_request(const std::string& request_id) = 0;
    virtual void stored_end(const std::string& subscription) = 0;
    virtual void cursor_moved(const std::string& subscription, int64_t complete_through) = 0;
};

class Feed {
public:
    /// Whether unprocessed frames wait: then a missing EOSE may be among them.
    enum class Backlog { none, waiting };

    Feed(FeedPort& port, Subscription subscription, uint32_t number, int64_t complete_through,
         std::chrono::seconds age_max);

    void connected(const Instant& now);
    void disconnected();
    /// Closes what is open and opens it again under new ids: after AUTH the relay may show more.
    void reopen(const Instant& now);
    void close();

    /// The filter of this feed's request, as it was sent; null for a foreign request id.
    [[nodiscard]] const Filter* filter_of(const std::string& request_id) const;
    enum class Volume { as_asked, beyond_limit };
    /// A verified event of a request of this feed, new or not.
    Volume on_event(const std::string& request_id, const EventId& id, int64_t created_at, const Instant& now);
    void on_eose(const std::string& request_id, PageEnd end, const Instant& now);
    void on_closed(const std::string& request_id, const std::string& text, const Instant& now);

    void tick(const Instant& now, Backlog backlog);
    [[nodiscard]] Uptime next_due() const;
    /// The connection showed life at this local time, and every frame up to then was processed.
    void on_life(int64_t seconds);
    /// The wall clock went back: a cursor in its future is wrong.
    void limit_cursor(int64_t seconds_max);

    [[nodiscard]] const Subscription& subscription() const { return subscription_; }
    [[nodiscard]] uint32_t number() const { return number_; }
    [[nodiscard]] bool is_subscribed() const { return live_ && end_announced_; }
    /// Whether the request still waits for its EOSE.
    [[nodiscard]] bool awaits_eose(const std::string& request_id) const;
    /// The same, but not for ever: a relay may never say it.
    [[nodiscard]] bool expects_stored(const std::string& request_id) const;

private:
    struct Request {
        std::string id;
        Filter filter;
        Uptime sent_at{};
        Uptime deadline{};
        size_t received = 0;
        bool timed_out = false;
        bool has_ended = false; ///< EOSE came
    };

    [[nodiscard]] Request send(const Filter& filter, const Instant& now);
    void open_live(const Instant& now);
    void start_refetch(const Instant& now);
    void end_page(PageEnd end, const Instant& now);
    void finish_catch_up(CatchUp::Step outcome, const Instant& now);
    void check_deadlines(const Instant& now);
    void close_all();
    void announce_end();
    void move_cursor(int64_t complete_through);
    [[nodiscard]] int64_t since(const Instant& now) const;
    [[nodiscard]] Request* find(const std::string& request_id);
    void drop(std::optional<Request>& request);

    FeedPort& port_;
    const Subscription subscription_;
    const uint32_t number_;
    const std::chrono::seconds age_max_;
    int64_t complete_through_;

    std::optional<Request> live_;
    std::optional<Request> previous_live_; ///< until its successor has had its EOSE
    std::optional<Request> page_;
    std::optional<CatchUp> catch_up_; ///< its current page is page_, or else live_
    int64_t catch_up_sent_at_ = 0;    ///< local seconds: what the cursor becomes when it completes
    bool is_complete_ = false;        ///< nothing stored is missing, and live_ has been open since
    bool end_announced_ = false;      ///< on this connection
    ReopenDelay reopen_delay_;
    Uptime open_due_ = kNever;
    Uptime reissue_due_ = kNever;
    Uptime refetch_due_ = kNever;
    Uptime announce_due_ = kNever;
};

} // namespace berth::nostr::relay
