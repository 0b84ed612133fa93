#pragma once
// A client's hold on several relays: connects and reconnects with backoff and jitter, keeps subscriptions alive through
// CLOSED, AUTH and restarts, pages through what was missed, verifies and dedupes events, publishes with OK tracking.
// Lives on its owner's thread: no thread, no clock of its own. NIP-01, NIP-11 limits, NIP-42, NIP-67.

#include "crypto/random.h"
#include "net/sockets.h"
#include "nostr/event.h"
#include "nostr/filter.h"
#include "nostr/relay_url.h"
#include "util/time.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace berth::nostr::relay {

using nostr::normalise_relay_url;

/// How a subscription catches up with what it missed.
struct Subscription {
    std::string name; ///< the owner's name for it; REQ ids are made per request and never reused
    Filter filter;    ///< without since, until and limit when `window` is set
    /// Set: on every (re)connect ask since (complete_through − window), page until dry, advance the cursor.
    /// Unset: the filter goes out as it is.
    std::optional<std::chrono::seconds> window;
};

/// Per (relay, subscription): the local time up to which everything the relay accepted was delivered. Persisted by
/// the owner.
struct Cursor {
    std::string relay;
    std::string subscription;
    int64_t complete_through = 0; ///< Unix seconds, local clock
};

enum class PublishState { accepted, refused, timed_out };

struct PoolOptions {
    std::vector<std::string> relays;   ///< normalised; bounded to 16
    std::optional<SecretKey> auth_key; ///< NIP-42 towards these relays only
    /// Floor of `since` for windowed subscriptions: now − age_max − window.
    std::chrono::seconds age_max{3600 + 900};
};

class Pool {
public:
    struct Handlers {
        /// A verified event that matches the subscription's filter, once per id and subscription; `relay` delivered
        /// it first.
        std::function<void(const std::string& subscription, const std::string& relay, const Event& event)> on_event;
        /// A further relay delivered an event that was already handed over.
        std::function<void(const std::string& relay, const EventId& id)> on_also_seen;
        /// Stored events of a subscription have all arrived from this relay (EOSE, paging done, or given up after 10
        /// s).
        std::function<void(const std::string& subscription, const std::string& relay)> on_stored_end;
        /// One relay's verdict on one published event.
        std::function<void(const EventId& id, const std::string& relay, PublishState state, const std::string& text)>
            on_published;
        /// A cursor moved; write it with the next transaction.
        std::function<void(const Cursor& cursor)> on_cursor;
    };

    Pool(net::Sockets& sockets, crypto::Random& random, PoolOptions options, Handlers handlers);
    ~Pool();

    /// Known cursors, before start(). A pair that is unknown starts at the time of start().
    void restore(const std::vector<Cursor>& cursors);
    void start(UnixTime now);
    void stop();

    /// Opens on all relays, now and after every reconnect. A name is used once.
    void subscribe(Subscription subscription);
    void unsubscribe(const std::string& name);

    /// Sends the event to these relays (empty: all). Relays that are down get it when they come up, until `expires`.
    /// Retries by prefix (NIP-01): rate-limited and error with backoff, auth-required after AUTH; the verdicts arrive
    /// in on_published. Publishing the same id again to a relay that accepted it does nothing. Relays that are not
    /// configured time out at once.
    void publish(const Event& event, const std::vector<std::string>& relays, UnixTime expires);

    /// Feeds what the net thread said.
    void handle(const net::SocketEvent& event, UnixTime now);
    /// Does what is due.
    void tick(UnixTime now);
    /// When tick() wants to run next.
    [[nodiscard]] UnixTime next_due() const;

    struct RelayStatus {
        std::string url;
        bool connected = false;
        bool subscribed = false; ///< every subscription reached its stored end on this connection
        std::string last_error;
        uint64_t events_received = 0;
        uint64_t events_refused = 0; ///< bad id, signature, filter
    };
    [[nodiscard]] std::vector<RelayStatus> status() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace berth::nostr::relay
