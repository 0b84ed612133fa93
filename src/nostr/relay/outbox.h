#pragma once
// What one relay has still to accept. Each event ends in exactly one verdict:
//
//   waiting ──► sent ──┬─ OK true, duplicate ─────────────► accepted
//      ▲               ├─ blocked, invalid, pow, … ───────► refused
//      │               ├─ auth-required ──► needs_auth ──┬─ authenticated ──► waiting, once
//      │               │                                 └─ can't ──────────► refused
//      ├─ backoff ─────┼─ rate-limited: 30 s … 10 min, until it expires
//      ├─ backoff ─────┼─ error, no OK in 10 s: 5 s … 5 min, five tries
//      └───────────────┴─ connection lost
//   any state ─ expired ─► timed_out
//
// The same bytes are sent each time (NIP-01: the id is the event).

#include "nostr/event.h"
#include "nostr/relay/backoff.h"
#include "nostr/relay/pace.h"
#include "nostr/relay/pool.h"

#include <deque>
#include <list>
#include <set>

namespace berth::nostr::relay {

class Outbox {
public:
    struct Verdict {
        EventId id{};
        PublishState state = PublishState::timed_out;
        std::string text;
    };
    using Verdicts = std::vector<Verdict>;
    /// Whether this connection can still gain rights by NIP-42.
    enum class Auth { possible, exhausted };

    /// Does nothing when this relay accepted the id before. When it is pending already, the later expiry counts.
    Verdicts add(const Event& event, UnixTime expires);

    /// The JSON of the next event to send now, which counts as sent from here on.
    [[nodiscard]] std::optional<std::string> take_due(const Instant& now);
    /// Missing OKs and expiry.
    [[nodiscard]] Verdicts check_time(const Instant& now);
    /// When take_due (if connected) or check_time has something to do.
    [[nodiscard]] Uptime next_due(const Instant& now, bool is_connected) const;

    /// OK for an event. Late ones count; nullopt for one that is not waiting or was never sent.
    [[nodiscard]] std::optional<Verdicts> on_ok(const EventId& id, bool is_accepted, const std::string& text, Auth auth,
                                                Uptime now);
    /// A NOTICE said that an event was too large: of those in flight, it must be the largest.
    [[nodiscard]] Verdicts on_too_large(const std::string& text);
    [[nodiscard]] bool wants_auth() const;
    void on_authenticated(Uptime now);
    [[nodiscard]] Verdicts on_auth_refused(const std::string& text);
    void on_disconnected();

    [[nodiscard]] size_t size() const { return entries_.size(); }

private:
    enum class EntryState { waiting, sent, needs_auth };
    struct Entry {
        EventId id{};
        std::string json;
        UnixTime expires{};
        bool is_message = false; ///< an encrypted message: goes before everything else, and at once
        EntryState state = EntryState::waiting;
        Uptime due{};          ///< waiting: not before. sent: when the OK is overdue
        bool was_sent = false; ///< only then an OK can mean it
        bool sent_after_auth = false;
        Backoff transient{std::chrono::seconds{5}, std::chrono::minutes{5}};
        Backoff rate_limited{std::chrono::seconds{30}, std::chrono::minutes{10}};
        std::string last_text;
    };
    using Entries = std::list<Entry>;

    Verdict finish(Entries::iterator entry, PublishState state, const std::string& text);
    [[nodiscard]] Verdicts on_refusal(Entries::iterator entry, const std::string& text, Auth auth, Uptime now);
    [[nodiscard]] Verdicts retry_later(Entries::iterator entry, PublishState if_exhausted, Uptime now);
    [[nodiscard]] Entries::iterator find(const EventId& id);
    [[nodiscard]] Entries::iterator next_waiting(Uptime now, bool messages);
    [[nodiscard]] Verdicts make_room();
    void remember_accepted(const EventId& id);

    static constexpr size_t kEntriesMax = 2'000;
    static constexpr size_t kAcceptedMax = 4'096;
    static constexpr size_t kInFlightBytesMax = 2 << 20; ///< half of what a socket may hold unsent
    static constexpr unsigned kTriesMax = 5;
    static constexpr Uptime kOkTimeout = std::chrono::seconds{10};

    Entries entries_; ///< oldest first
    size_t in_flight_bytes_ = 0;
    Pace pace_;
    std::set<EventId> accepted_;
    std::deque<EventId> accepted_order_;
};

} // namespace berth::nostr::relay
