#include "nostr/relay/connection.h"

#include "nostr/relay/frame.h"
#include "util/log.h"

#include <charconv>

namespace berth::nostr::relay {

using namespace std::chrono_literals;

namespace {

constexpr Uptime kStableAfter = 60s;
constexpr unsigned kPatienceFailures = 20;
constexpr Uptime kDelayMax = 120s;
constexpr Uptime kDelayMaxLater = 300s;
constexpr Uptime kRateLimitDelay = 60s;
constexpr Uptime kRetryAfterMax = 6h;
constexpr Uptime kFullQueueMax = 60s;
constexpr Uptime kFullQueueRest = 5min;
constexpr size_t kQueueFramesMax = 1'000;
constexpr size_t kQueueBytesMax = 8 << 20;

Uptime retry_after(const std::string& header)
{
    int64_t seconds = 0;
    const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), seconds);
    if (error != std::errc{} || end == header.data() || seconds < 0)
        return kRateLimitDelay; // absent, or an HTTP date
    seconds = std::min<int64_t>(seconds, std::chrono::seconds{6h}.count());
    return std::clamp<Uptime>(std::chrono::seconds{seconds}, kRateLimitDelay, kRetryAfterMax);
}

} // namespace

Connection::Connection(ConnectionOwner& owner, net::Sockets& sockets, crypto::Random& random, Settings settings)
    : owner_{owner}, sockets_{sockets}, random_{random}, settings_{std::move(settings)}, backoff_{1s, kDelayMaxLater}
{
}

void Connection::start(const Instant& now, Uptime delay)
{
    connect_due_ = now.uptime + delay;
    state_ = State::backoff;
}

void Connection::stop()
{
    if (state_ == State::connecting || state_ == State::up)
        sockets_.close(socket_);
    for (auto& [name, feed] : feeds_)
        feed.disconnected();
    outbox_.on_disconnected();
    queue_.clear();
    queue_bytes_ = 0;
    socket_ = 0;
    state_ = State::idle;
    connect_due_ = stable_due_ = full_since_ = kNever;
}

void Connection::connect()
{
    state_ = State::connecting;
    connect_due_ = kNever;
    socket_ = owner_.new_socket_id();
    sockets_.connect(socket_, settings_.url);
}

bool Connection::handle(const net::SocketEvent& event, const Instant& now)
{
    if (socket_ == 0 || std::visit([](const auto& any) { return any.id; }, event) != socket_)
        return false;
    if (std::holds_alternative<net::SocketOpened>(event))
        on_opened(now);
    else if (const auto* text = std::get_if<net::SocketText>(&event))
        enqueue(text->text, now);
    else if (const auto* skipped = std::get_if<net::SocketSkipped>(&event))
        on_skipped(skipped->bytes, now);
    else if (const auto* closed = std::get_if<net::SocketClosed>(&event))
        queue_.push_back(QueueEnd{*closed});
    else if (std::holds_alternative<net::SocketAlive>(event) && queue_.empty())
        last_life_seconds_ = now.seconds();
    return true;
}

void Connection::on_opened(const Instant& now)
{
    log::info("relay {} is up", settings_.url);
    state_ = State::up;
    up_since_ = now.uptime;
    stable_due_ = now.uptime + kStableAfter;
    last_life_seconds_ = now.seconds();
    next_request_ = 1;
    is_reading_ = true;
    auth_ = Auth{};
    rest_.reset();
    for (auto& [name, feed] : feeds_)
        feed.connected(now);
}

void Connection::enqueue(std::string text, const Instant& now)
{
    queue_bytes_ += text.size();
    queue_.push_back(std::move(text));
    const bool is_full = queue_.size() >= kQueueFramesMax || queue_bytes_ >= kQueueBytesMax;
    if (is_full && is_reading_) {
        is_reading_ = false;
        full_since_ = now.uptime;
        sockets_.set_reading(socket_, false);
    }
}

bool Connection::process_one(const Instant& now)
{
    if (queue_.empty())
        return false;
    const Queued next = std::move(queue_.front());
    queue_.pop_front();
    if (const auto* end = std::get_if<QueueEnd>(&next)) {
        on_socket_end(end->closed, now);
        return true;
    }
    const auto& text = std::get<std::string>(next);
    queue_bytes_ -= text.size();
    on_frame(text, now);
    if (queue_.empty())
        last_life_seconds_ = now.seconds();
    const bool has_room = queue_.size() <= kQueueFramesMax / 2 && queue_bytes_ <= kQueueBytesMax / 2;
    if (!is_reading_ && has_room && socket_ != 0) {
        is_reading_ = true;
        full_since_ = kNever;
        sockets_.set_reading(socket_, true);
    }
    return true;
}

void Connection::on_socket_end(const net::SocketClosed& closed, const Instant& now)
{
    if (const std::optional<Rest> rest = rest_)
        retire(now, rest->span, rest->reason);
    else
        retire(now, reconnect_delay(closed), printable(closed.reason));
}

void Connection::retire(const Instant& now, Uptime delay, const std::string& reason)
{
    if (reason != last_error_)
        log::info("relay {} is down: {}", settings_.url, reason);
    last_error_ = reason;
    stop();
    rest_.reset();
    state_ = State::backoff;
    connect_due_ = now.uptime + delay;
}

Uptime Connection::reconnect_delay(const net::SocketClosed& closed)
{
    Uptime delay = backoff_.next();
    if (backoff_.failures() <= kPatienceFailures)
        delay = std::min(delay, kDelayMax);
    switch (closed.http_status) {
    case 429:
    case 503:
        // Never earlier than asked, so the jitter only adds.
        return std::max(delay, retry_after(closed.retry_after)) + Uptime{static_cast<int64_t>(random_.below(5'000))};
    case 401:
    case 403:
    case 404:
    case 410:
        delay = kDelayMax;
        break;
    default:
        break;
    }
    return with_jitter(delay, random_);
}

void Connection::on_clock_jump(const Instant& now)
{
    last_life_seconds_ = std::min(last_life_seconds_, now.seconds());
    for (auto& [name, feed] : feeds_)
        feed.limit_cursor(now.seconds());
    if (state_ == State::idle)
        return;
    if (state_ == State::up || state_ == State::connecting)
        sockets_.close(socket_);
    retire(now, with_jitter(1s, random_), "the clock jumped");
}

void Connection::check_queue(const Instant& now)
{
    if (full_since_ == kNever || now.uptime - full_since_ < kFullQueueMax)
        return;
    full_since_ = kNever;
    rest_ = Rest{kFullQueueRest, "it sends more than can be read; left alone for five minutes"};
    sockets_.close(socket_);
}

void Connection::tick(const Instant& now)
{
    if (connect_due_ <= now.uptime)
        connect();
    if (stable_due_ <= now.uptime) {
        backoff_.reset();
        stable_due_ = kNever;
    }
    check_queue(now);
    report(outbox_.check_time(now));
    if (state_ != State::up)
        return;
    if (auth_.is_overdue(now.uptime)) // some relays never acknowledge success
        on_authenticated(now);
    const auto backlog = queue_.empty() ? Feed::Backlog::none : Feed::Backlog::waiting;
    for (auto& [name, feed] : feeds_) {
        feed.tick(now, backlog);
        feed.on_life(last_life_seconds_);
    }
    send_due(now);
}

void Connection::send_due(const Instant& now)
{
    while (const auto json = outbox_.take_due(now))
        sockets_.send_text(socket_, encode_event_frame(*json));
}

Uptime Connection::next_due(const Instant& now) const
{
    const bool is_up = state_ == State::up;
    Uptime due = std::min({connect_due_, stable_due_, outbox_.next_due(now, is_up)});
    if (!queue_.empty())
        return now.uptime;
    if (full_since_ != kNever)
        due = std::min(due, full_since_ + kFullQueueMax);
    if (!is_up)
        return due;
    for (const auto& [name, feed] : feeds_)
        due = std::min(due, feed.next_due());
    return std::min(due, auth_.next_due());
}

void Connection::subscribe(const Subscription& subscription, uint32_t number, int64_t complete_through,
                           const Instant& now)
{
    FeedPort& port = *this;
    const auto [entry, is_new] =
        feeds_.try_emplace(subscription.name, port, subscription, number, complete_through, settings_.age_max);
    if (is_new && state_ == State::up)
        entry->second.connected(now);
}

void Connection::unsubscribe(const std::string& name)
{
    const auto found = feeds_.find(name);
    if (found == feeds_.end())
        return;
    found->second.close();
    feeds_.erase(found);
}

void Connection::publish(const Event& event, UnixTime expires)
{
    report(outbox_.add(event, expires));
}

void Connection::report(const Outbox::Verdicts& verdicts)
{
    for (const Outbox::Verdict& verdict : verdicts)
        owner_.published(settings_.url, verdict);
}

std::string Connection::open_request(const Filter& filter)
{
    std::string request_id = fmt::format("r{}", next_request_++);
    sockets_.send_text(socket_, encode_req_frame(request_id, filter));
    return request_id;
}

void Connection::close_request(const std::string& request_id)
{
    if (state_ == State::up)
        sockets_.send_text(socket_, encode_close_frame(request_id));
}

void Connection::stored_end(const std::string& subscription)
{
    owner_.stored_end(subscription, settings_.url);
}

void Connection::cursor_moved(const std::string& subscription, int64_t complete_through)
{
    owner_.cursor_moved(Cursor{settings_.url, subscription, complete_through});
}

Feed* Connection::feed_of(const std::string& request_id)
{
    for (auto& [name, feed] : feeds_)
        if (feed.filter_of(request_id) != nullptr)
            return &feed;
    return nullptr;
}

bool Connection::was_requested(const std::string& request_id) const
{
    uint64_t number = 0;
    const char* end = request_id.data() + request_id.size();
    if (request_id.size() < 2 || request_id[0] != 'r')
        return false;
    const auto [rest, error] = std::from_chars(request_id.data() + 1, end, number);
    return error == std::errc{} && rest == end && number > 0 && number < next_request_;
}

Pool::RelayStatus Connection::status() const
{
    bool is_subscribed = state_ == State::up;
    for (const auto& [name, feed] : feeds_)
        is_subscribed = is_subscribed && feed.is_subscribed();
    return {.url = settings_.url,
            .connected = state_ == State::up,
            .subscribed = is_subscribed,
            .last_error = last_error_,
            .events_received = events_received_,
            .events_refused = events_refused_};
}

} // namespace berth::nostr::relay
