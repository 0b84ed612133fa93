#pragma once
// One relay: connects with backoff, routes its frames to feeds and outbox, authenticates (NIP-42), keeps score.
//
//   Idle ─► Connecting ─┬─ opened ──► Up ──┐
//             ▲         └─ closed ──┐      │ closed, misbehaving, too slow
//             └───── Backoff ◄──────┴──────┘
//
// Frames wait in a queue until the pool grants time for them, so a flood here does not delay the other relays. When the
// queue is full, reading stops; nothing is dropped.

#include "net/sockets.h"
#include "nostr/relay/auth.h"
#include "nostr/relay/feed.h"
#include "nostr/relay/outbox.h"
#include "nostr/relay/per_minute.h"
#include "nostr/relay/relay_score.h"
#include "nostr/relay/seen_set.h"

#include <deque>

namespace berth::nostr::relay {

struct UnreadableEventFrame;

/// What a connection tells the pool. Nothing here may call back into the connection.
class ConnectionOwner {
public:
    virtual ~ConnectionOwner() = default;
    virtual void deliver(const std::string& subscription, const std::string& relay, Event event) = 0;
    virtual void also_seen(const std::string& relay, const EventId& id) = 0;
    virtual void stored_end(const std::string& subscription, const std::string& relay) = 0;
    virtual void published(const std::string& relay, const Outbox::Verdict& verdict) = 0;
    virtual void cursor_moved(const Cursor& cursor) = 0;
    [[nodiscard]] virtual net::SocketId new_socket_id() = 0;
    [[nodiscard]] virtual SeenSet& seen() = 0;
};

class Connection final : private FeedPort {
public:
    struct Settings {
        std::string url;
        unsigned number = 0; ///< below 32: its bit in the seen-set
        std::optional<SecretKey> auth_key;
        std::chrono::seconds age_max{};
    };

    Connection(ConnectionOwner& owner, net::Sockets& sockets, crypto::Random& random, Settings settings);

    void start(const Instant& now, Uptime delay);
    void stop();
    void subscribe(const Subscription& subscription, uint32_t number, int64_t complete_through, const Instant& now);
    void unsubscribe(const std::string& name);
    void publish(const Event& event, UnixTime expires);
    /// The clock jumped: drop the connection, come back with jitter.
    void on_clock_jump(const Instant& now);

    /// False if it belongs to another connection.
    [[nodiscard]] bool handle(const net::SocketEvent& event, const Instant& now);
    /// Processes one waiting frame; false if there is none.
    bool process_one(const Instant& now);
    void tick(const Instant& now);
    [[nodiscard]] Uptime next_due(const Instant& now) const;

    [[nodiscard]] const std::string& url() const { return settings_.url; }
    [[nodiscard]] Pool::RelayStatus status() const;

private:
    enum class State { idle, connecting, up, backoff };
    struct QueueEnd { ///< the socket's end waits behind its last frames
        net::SocketClosed closed;
    };
    using Queued = std::variant<std::string, QueueEnd>;

    // FeedPort
    std::string open_request(const Filter& filter) override;
    void close_request(const std::string& request_id) override;
    void stored_end(const std::string& subscription) override;
    void cursor_moved(const std::string& subscription, int64_t complete_through) override;

    void connect();
    void on_opened(const Instant& now);
    void on_socket_end(const net::SocketClosed& closed, const Instant& now);
    void retire(const Instant& now, Uptime delay, const std::string& reason);
    [[nodiscard]] Uptime reconnect_delay(const net::SocketClosed& closed);
    void enqueue(std::string text, const Instant& now);
    void check_queue(const Instant& now);

    void on_frame(const std::string& text, const Instant& now);
    /// A frame that nothing asked for: harmless, unless they come by the thousand.
    void on_idle_frame(const Instant& now);
    void on_skipped(size_t bytes, const Instant& now);
    void on_event(const std::string& request_id, Event event, const Instant& now);
    void on_unreadable_event(const UnreadableEventFrame& frame, const Instant& now);
    void accept_event(Feed& feed, Event event);
    void on_ok(const EventId& id, bool is_accepted, const std::string& text, const Instant& now);
    void on_eose(const std::string& request_id, PageEnd end, const Instant& now);
    void on_closed(const std::string& request_id, const std::string& text, const Instant& now);
    void on_notice(const std::string& text, const Instant& now);
    void on_challenge(const std::string& challenge, const Instant& now);
    void authenticate_if_possible(const Instant& now);
    void on_authenticated(const Instant& now);
    void on_auth_refused(const std::string& text);
    void misbehaved(int more, const Instant& now);
    /// For no points it counts as an idle frame.
    void refuse_event(int more, const Instant& now);

    void report(const Outbox::Verdicts& verdicts);
    void send_due(const Instant& now);
    [[nodiscard]] Feed* feed_of(const std::string& request_id);
    /// Whether this connection ever sent a REQ with this id.
    [[nodiscard]] bool was_requested(const std::string& request_id) const;

    ConnectionOwner& owner_;
    net::Sockets& sockets_;
    crypto::Random& random_;
    const Settings settings_;

    State state_ = State::idle;
    net::SocketId socket_ = 0;
    Uptime connect_due_ = kNever;
    Uptime up_since_{};
    Uptime stable_due_ = kNever; ///< when the backoff starts anew
    Backoff backoff_;
    struct Rest { ///< we closed it ourselves: how long to stay away, and why
        Uptime span;
        std::string reason;
    };
    std::optional<Rest> rest_;
    uint64_t next_request_ = 1;

    std::deque<Queued> queue_;
    size_t queue_bytes_ = 0;
    bool is_reading_ = true;
    Uptime full_since_ = kNever;
    int64_t last_life_seconds_ = 0;

    Auth auth_;
    Outbox outbox_;
    RelayScore score_;
    PerMinute idle_frames_;
    std::map<std::string, Feed> feeds_;
    std::string last_error_;
    uint64_t events_received_ = 0;
    uint64_t events_refused_ = 0;
};

} // namespace berth::nostr::relay
