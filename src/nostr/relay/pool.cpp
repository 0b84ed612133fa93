#include "nostr/relay/pool.h"

#include "nostr/relay/connection.h"
#include "util/check.h"
#include "util/log.h"

#include <algorithm>
#include <atomic>
#include <deque>

namespace berth::nostr::relay {

namespace {

constexpr size_t kRelaysMax = 16;
constexpr size_t kSeenMax = 100'000;
/// Frames verified in one tick, all relays together: some 20 ms.
constexpr unsigned kFramesPerTick = 256;
constexpr uint64_t kFirstConnectSpreadMs = 2'000;

/// Socket ids are never used twice in a process, whoever connects.
std::atomic<net::SocketId> next_socket_id{1};

} // namespace

struct Pool::State final : ConnectionOwner {
    State(net::Sockets& its_sockets, crypto::Random& its_random, PoolOptions its_options, Handlers its_handlers);

    void deliver(const std::string& subscription, const std::string& relay, Event event) override;
    void also_seen(const std::string& relay, const EventId& id) override;
    void stored_end(const std::string& subscription, const std::string& relay) override;
    void published(const std::string& relay, const Outbox::Verdict& verdict) override;
    void cursor_moved(const Cursor& cursor) override;
    net::SocketId new_socket_id() override { return next_socket_id++; }
    SeenSet& seen() override { return seen_events; }

    void advance(UnixTime wall);
    void process_frames();
    void announce();
    void open(Connection& connection, const Subscription& subscription, uint32_t number);

    net::Sockets& sockets;
    crypto::Random& random;
    const PoolOptions options;
    const Handlers handlers;
    Clock clock;
    bool is_started = false;
    bool has_work = false; ///< something was asked since the last tick
    int64_t started_at = 0;
    std::vector<std::unique_ptr<Connection>> connections;
    size_t first_turn = 0; ///< whose frames come first in the next tick
    SeenSet seen_events{kSeenMax};
    uint32_t next_number = 1;
    std::map<std::string, std::pair<Subscription, uint32_t>> subscriptions;
    std::map<std::pair<std::string, std::string>, int64_t> cursors; ///< by relay and subscription
    /// What the owner hears, in order. Called at the end of a tick, so that its answers (subscribe, publish) meet no
    /// connection in the middle of something.
    std::deque<std::function<void()>> announcements;
};

Pool::State::State(net::Sockets& its_sockets, crypto::Random& its_random, PoolOptions its_options,
                   Handlers its_handlers)
    : sockets{its_sockets}, random{its_random}, options{std::move(its_options)}, handlers{std::move(its_handlers)}
{
    for (const std::string& url : options.relays) {
        if (connections.size() == kRelaysMax) {
            log::warn("only the first {} relays are used", kRelaysMax);
            break;
        }
        Connection::Settings settings{.url = url,
                                      .number = static_cast<unsigned>(connections.size()),
                                      .auth_key = options.auth_key,
                                      .age_max = options.age_max};
        connections.push_back(std::make_unique<Connection>(*this, sockets, random, std::move(settings)));
    }
}

void Pool::State::deliver(const std::string& subscription, const std::string& relay, Event event)
{
    if (handlers.on_event)
        announcements.push_back([this, subscription, relay, arrived = std::move(event)] {
            if (subscriptions.contains(subscription))
                handlers.on_event(subscription, relay, arrived);
        });
}

void Pool::State::also_seen(const std::string& relay, const EventId& id)
{
    if (handlers.on_also_seen)
        announcements.push_back([this, relay, id] { handlers.on_also_seen(relay, id); });
}

void Pool::State::stored_end(const std::string& subscription, const std::string& relay)
{
    if (handlers.on_stored_end)
        announcements.push_back([this, subscription, relay] { handlers.on_stored_end(subscription, relay); });
}

void Pool::State::published(const std::string& relay, const Outbox::Verdict& verdict)
{
    if (handlers.on_published)
        announcements.push_back(
            [this, relay, verdict] { handlers.on_published(verdict.id, relay, verdict.state, verdict.text); });
}

void Pool::State::cursor_moved(const Cursor& cursor)
{
    cursors[{cursor.relay, cursor.subscription}] = cursor.complete_through;
    if (handlers.on_cursor)
        announcements.push_back([this, cursor] { handlers.on_cursor(cursor); });
}

void Pool::State::advance(UnixTime wall)
{
    if (clock.advance(wall) == ClockStep::steady || !is_started)
        return;
    log::warn("the clock jumped to {}: reconnecting to all relays", rfc3339(wall));
    for (auto& connection : connections)
        connection->on_clock_jump(clock.now());
}

void Pool::State::process_frames()
{
    if (connections.empty())
        return;
    first_turn = (first_turn + 1) % connections.size();
    size_t idle_in_a_row = 0;
    unsigned done = 0;
    for (size_t turn = first_turn; done < kFramesPerTick && idle_in_a_row < connections.size(); ++turn) {
        if (connections[turn % connections.size()]->process_one(clock.now())) {
            ++done;
            idle_in_a_row = 0;
        } else {
            ++idle_in_a_row;
        }
    }
}

void Pool::State::announce()
{
    // What the handlers cause now waits for the next tick: it may not keep the owner here for ever.
    for (size_t left = announcements.size(); left > 0 && !announcements.empty(); --left) {
        const std::function<void()> next = std::move(announcements.front());
        announcements.pop_front();
        next();
    }
}

void Pool::State::open(Connection& connection, const Subscription& subscription, uint32_t number)
{
    const auto [cursor, is_new] = cursors.try_emplace({connection.url(), subscription.name}, started_at);
    connection.subscribe(subscription, number, cursor->second, clock.now());
}

Pool::Pool(net::Sockets& sockets, crypto::Random& random, PoolOptions options, Handlers handlers)
    : state_{std::make_unique<State>(sockets, random, std::move(options), std::move(handlers))}
{
}

Pool::~Pool() = default;

void Pool::restore(const std::vector<Cursor>& cursors)
{
    VERIFY(!state_->is_started);
    for (const Cursor& cursor : cursors)
        state_->cursors[{cursor.relay, cursor.subscription}] = cursor.complete_through;
}

void Pool::start(UnixTime now)
{
    VERIFY(!state_->is_started);
    state_->advance(now);
    state_->is_started = true;
    state_->started_at = unix_seconds(now);
    for (size_t index = 0; index < state_->connections.size(); ++index) {
        Connection& connection = *state_->connections[index];
        for (const auto& [name, entry] : state_->subscriptions)
            state_->open(connection, entry.first, entry.second);
        const auto spread = static_cast<int64_t>(state_->random.below(kFirstConnectSpreadMs));
        connection.start(state_->clock.now(), Uptime{index == 0 ? 0 : spread});
    }
    state_->has_work = true;
}

void Pool::stop()
{
    for (auto& connection : state_->connections)
        connection->stop();
    state_->is_started = false;
}

void Pool::subscribe(Subscription subscription)
{
    const uint32_t number = state_->next_number++;
    const auto [entry, is_new] = state_->subscriptions.try_emplace(subscription.name, std::pair{subscription, number});
    VERIFY(is_new);
    state_->has_work = true;
    if (!state_->is_started)
        return;
    for (auto& connection : state_->connections)
        state_->open(*connection, subscription, number);
}

void Pool::unsubscribe(const std::string& name)
{
    if (state_->subscriptions.erase(name) == 0)
        return;
    for (auto& connection : state_->connections)
        connection->unsubscribe(name);
}

void Pool::publish(const Event& event, const std::vector<std::string>& relays, UnixTime expires)
{
    state_->has_work = true;
    for (auto& connection : state_->connections)
        if (relays.empty() || std::find(relays.begin(), relays.end(), connection->url()) != relays.end())
            connection->publish(event, expires);
    for (const std::string& url : relays) {
        const bool is_known = std::any_of(state_->connections.begin(), state_->connections.end(),
                                          [&](const auto& connection) { return connection->url() == url; });
        if (!is_known)
            state_->published(url, {event.id, PublishState::timed_out, "not one of the configured relays"});
    }
}

void Pool::handle(const net::SocketEvent& event, UnixTime now)
{
    state_->advance(now);
    state_->has_work = true;
    for (auto& connection : state_->connections)
        if (connection->handle(event, state_->clock.now()))
            return;
}

void Pool::tick(UnixTime now)
{
    state_->advance(now);
    state_->has_work = false;
    if (state_->is_started) {
        state_->process_frames();
        for (auto& connection : state_->connections)
            connection->tick(state_->clock.now());
    }
    state_->announce();
}

UnixTime Pool::next_due() const
{
    const Instant& now = state_->clock.now();
    if (state_->has_work || !state_->announcements.empty())
        return now.wall;
    if (!state_->is_started)
        return UnixTime::max();
    Uptime due = kNever;
    for (const auto& connection : state_->connections)
        due = std::min(due, connection->next_due(now));
    return state_->clock.wall_at(due);
}

std::vector<Pool::RelayStatus> Pool::status() const
{
    std::vector<RelayStatus> all;
    for (const auto& connection : state_->connections)
        all.push_back(connection->status());
    return all;
}

} // namespace berth::nostr::relay
