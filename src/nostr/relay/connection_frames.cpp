// The half of a connection that understands what the relay says.

#include "nostr/nip42.h"
#include "nostr/relay/connection.h"
#include "nostr/relay/frame.h"
#include "util/log.h"

#include <algorithm>

namespace berth::nostr::relay {

namespace {

constexpr unsigned kIdleFramesAMinute = 6'000;

template <class... Visitors>
struct Overloaded : Visitors... {
    using Visitors::operator()...;
};
template <class... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

/// Whether an event matches apart from its date and its tags. Some honest relays don't look at those in live events,
/// so what is wrong with them is the doing of whoever wrote the event.
bool matches_kind_and_author(Filter filter, const Event& event)
{
    filter.since.reset();
    filter.until.reset();
    filter.tags.clear();
    return filter.matches(event);
}

bool is_in_range(const Filter& filter, int64_t created_at)
{
    return created_at >= filter.since.value_or(created_at) && created_at <= filter.until.value_or(created_at);
}

/// strfry hashes DEL in its escaped form, so it stores events with an id that is wrong for everybody else.
bool has_delete_character(const Event& event)
{
    constexpr char kDelete = '\x7f';
    const auto has = [](const std::string& text) { return text.find(kDelete) != std::string::npos; };
    return has(event.content) || std::any_of(event.tags.begin(), event.tags.end(),
                                             [&](const Tag& tag) { return std::any_of(tag.begin(), tag.end(), has); });
}

} // namespace

void Connection::on_frame(const std::string& text, const Instant& now)
{
    Result<Frame> frame = parse_frame(text);
    if (!frame) {
        log::debug("relay {}: {}", settings_.url, printable(frame.error().message));
        misbehaved(points::malformed, now);
        return;
    }
    std::visit(Overloaded{
                   [&](OtherFrame&) { on_idle_frame(now); },
                   [&](EventFrame& event) { on_event(event.request_id, std::move(event.event), now); },
                   [&](UnreadableEventFrame& event) { on_unreadable_event(event, now); },
                   [&](OkFrame& ok) { on_ok(ok.id, ok.is_accepted, printable(ok.text), now); },
                   [&](EoseFrame& eose) { on_eose(eose.request_id, eose.end, now); },
                   [&](ClosedFrame& closed) { on_closed(closed.request_id, printable(closed.text), now); },
                   [&](NoticeFrame& notice) { on_notice(printable(notice.text), now); },
                   [&](ChallengeFrame& challenge) { on_challenge(challenge.challenge, now); },
               },
               *frame);
}

void Connection::on_idle_frame(const Instant& now)
{
    if (idle_frames_.count(now.uptime) > kIdleFramesAMinute)
        misbehaved(points::flood, now);
}

void Connection::on_skipped(size_t bytes, const Instant& now)
{
    log::debug("relay {} sent a message of {} bytes, which is not read", settings_.url, bytes);
    on_idle_frame(now);
}

void Connection::on_event(const std::string& request_id, Event event, const Instant& now)
{
    Feed* feed = feed_of(request_id);
    if (feed == nullptr) {
        // Events of a request that we closed a moment ago are on their way by the hundred: no fault of the relay.
        if (was_requested(request_id))
            on_idle_frame(now);
        else
            misbehaved(points::unknown_subscription, now);
        return;
    }
    ++events_received_;
    const EventId id = event.id;
    const int64_t created_at = event.created_at;
    switch (owner_.seen().look(feed->number(), id, settings_.number)) {
    case Sighting::same_relay:
        if (!feed->expects_stored(request_id))
            on_idle_frame(now);
        break;
    case Sighting::other_relay:
        owner_.also_seen(settings_.url, id);
        break;
    case Sighting::unseen:
        if (const Filter& filter = *feed->filter_of(request_id); !filter.matches(event)) {
            refuse_event(matches_kind_and_author(filter, event) ? 0 : points::filter_mismatch, now);
            return;
        }
        if (is_expired(event, now.seconds())) {
            on_idle_frame(now);
            break;
        }
        if (const Result<void> verified = verify_event(event); !verified) {
            refuse_event(has_delete_character(event) ? 0 : points::bad_signature, now);
            break;
        }
        accept_event(*feed, std::move(event));
    }
    if (feed->on_event(request_id, id, created_at, now) == Feed::Volume::beyond_limit)
        on_idle_frame(now); // some relays know no limit, and anybody fills them
}

void Connection::accept_event(Feed& feed, Event event)
{
    owner_.seen().insert(feed.number(), event.id, settings_.number);
    owner_.deliver(feed.subscription().name, settings_.url, std::move(event));
}

void Connection::refuse_event(int more, const Instant& now)
{
    ++events_refused_;
    if (more == 0)
        on_idle_frame(now);
    else
        misbehaved(more, now);
}

/// Anybody can have a relay send us such events, so they are no reason to leave it; and they fill its pages.
void Connection::on_unreadable_event(const UnreadableEventFrame& frame, const Instant& now)
{
    log::debug("relay {} sent an event that is not read: {}", settings_.url, printable(frame.why));
    refuse_event(0, now);
    Feed* feed = feed_of(frame.request_id);
    if (feed == nullptr || !frame.id || !frame.created_at ||
        !is_in_range(*feed->filter_of(frame.request_id), *frame.created_at))
        return;
    if (feed->on_event(frame.request_id, *frame.id, *frame.created_at, now) == Feed::Volume::beyond_limit)
        on_idle_frame(now); // some relays know no limit, and anybody fills them
}

void Connection::misbehaved(int more, const Instant& now)
{
    score_.add(more, now.uptime);
    if (!score_.is_too_bad() || rest_)
        return;
    log::warn("relay {} misbehaves; leaving it alone for an hour", settings_.url);
    score_.reset();
    rest_ = Rest{std::chrono::hours{1}, "it misbehaves; left alone for an hour"};
    sockets_.close(socket_);
}

void Connection::on_ok(const EventId& id, bool is_accepted, const std::string& text, const Instant& now)
{
    if (auth_.is_pending(id)) {
        if (is_accepted)
            on_authenticated(now);
        else if (log::debug("relay {} refused AUTH: {}", settings_.url, text); auth_.refused())
            authenticate_if_possible(now);
        else
            on_auth_refused(text);
        return;
    }
    const Refusal refusal = refusal_of(text);
    // `restricted` means `auth-required` at some relays, but only to those who were not asked who they are.
    const bool can_gain = settings_.auth_key && auth_.is_possible() &&
                          (refusal == Refusal::auth_required || (!auth_.is_authenticated() && auth_.has_challenge()));
    const auto auth = can_gain ? Outbox::Auth::possible : Outbox::Auth::exhausted;
    const std::optional<Outbox::Verdicts> verdicts = outbox_.on_ok(id, is_accepted, text, auth, now.uptime);
    if (!verdicts)
        return on_idle_frame(now);
    report(*verdicts);
    if (!outbox_.wants_auth() || auth_.is_pending())
        return;
    if (auth_.is_authenticated() && !auth_.challenge_to_answer())
        outbox_.on_authenticated(now.uptime); // it was sent before the relay knew us
    else
        authenticate_if_possible(now);
}

void Connection::on_eose(const std::string& request_id, PageEnd end, const Instant& now)
{
    Feed* feed = feed_of(request_id);
    if (feed == nullptr || !feed->awaits_eose(request_id))
        on_idle_frame(now);
    if (feed != nullptr)
        feed->on_eose(request_id, end, now);
}

void Connection::on_closed(const std::string& request_id, const std::string& text, const Instant& now)
{
    Feed* feed = feed_of(request_id);
    if (feed == nullptr)
        return on_idle_frame(now);
    log::debug("relay {} closed {}: {}", settings_.url, feed->subscription().name, text);
    feed->on_closed(request_id, text, now);
    const Refusal refusal = refusal_of(text);
    if (refusal == Refusal::auth_required || refusal == Refusal::restricted)
        authenticate_if_possible(now);
}

void Connection::on_notice(const std::string& text, const Instant& now)
{
    log::debug("relay {} says: {}", settings_.url, text);
    on_idle_frame(now); // whatever it means: an honest relay says few
    switch (meaning_of_notice(text)) {
    case NoticeMeaning::chatter:
        break;
    case NoticeMeaning::event_too_large:
        report(outbox_.on_too_large(text));
        break;
    case NoticeMeaning::request_refused:
        // It names no request; relays answer in order, so it is the last one that has had no EOSE.
        for (uint64_t number = next_request_; number-- > 1;) {
            const std::string request_id = fmt::format("r{}", number);
            Feed* feed = feed_of(request_id);
            if (feed == nullptr || !feed->awaits_eose(request_id))
                continue;
            feed->on_closed(request_id, text, now);
            break;
        }
    }
}

void Connection::on_challenge(const std::string& challenge, const Instant& now)
{
    if (auth_.on_challenge(challenge, now.uptime) == Auth::Intake::storm)
        misbehaved(points::auth_storm, now);
    else
        authenticate_if_possible(now);
}

void Connection::authenticate_if_possible(const Instant& now)
{
    const std::optional<std::string> challenge = auth_.challenge_to_answer();
    if (!challenge || !settings_.auth_key || state_ != State::up)
        return;
    const Event answer = make_auth_event(settings_.url, *challenge, now.seconds(), *settings_.auth_key, random_);
    auth_.answered(answer.id, now.uptime);
    sockets_.send_text(socket_, encode_auth_frame(answer));
}

void Connection::on_authenticated(const Instant& now)
{
    auth_.succeeded();
    // Also without any CLOSED before: some relays silently withhold messages from those they don't know.
    for (auto& [name, feed] : feeds_)
        feed.reopen(now);
    outbox_.on_authenticated(now.uptime);
}

void Connection::on_auth_refused(const std::string& text)
{
    log::info("relay {} refuses our key: {}", settings_.url, text);
    report(outbox_.on_auth_refused(text));
}

} // namespace berth::nostr::relay
