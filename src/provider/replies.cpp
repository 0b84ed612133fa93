#include "provider/replies.h"

#include "util/hex.h"
#include "util/log.h"

#include <algorithm>

namespace berth::provider {

namespace {

constexpr std::chrono::hours kOutboxKeeps{1};
constexpr std::chrono::hours kCleaningInterval{1};
/// The public client takes the first DM of its provider since its own start minus 60 s for the answer, whatever was
/// asked. A reply dated this long before its request is out of the next request's sight, and still in its own.
constexpr int64_t kReplyBackdating = 45;
constexpr uint64_t kWrapJitter = 20;
/// It never takes what is dated this long before now for an answer: it waits 120 s.
constexpr int64_t kNoticeBackdating = 300;

} // namespace

void Replies::resume(UnixTime now)
{
    for (const OutboxMessage& message : failures_.take(store_.load_outbox(now))) {
        waiting_[message.event.id] = message.relays;
        pool_.publish(message.event, {}, message.expires_at);
    }
}

int64_t Replies::event_time_for(const RequestOrigin& origin, UnixTime now)
{
    if (origin.transport == nostr::Transport::nip17)
        return unix_seconds(now) - static_cast<int64_t>(random_.below(kWrapJitter));
    return std::min(origin.created_at, unix_seconds(now)) - kReplyBackdating;
}

void Replies::answer(const RequestOrigin& origin, const std::string& body, UnixTime now)
{
    const auto receiver = nostr::PublicKey::parse_hex(origin.sender);
    VERIFY(receiver.has_value());
    send(origin,
         {.transport = origin.transport,
          .receiver = *receiver,
          .text = body,
          .in_reply_to = encode_hex(origin.message_id),
          .rumor_time = unix_seconds(now),
          .event_time = event_time_for(origin, now)},
         now);
}

void Replies::notify(const RequestOrigin& earlier, const std::string& body, UnixTime now)
{
    const auto receiver = nostr::PublicKey::parse_hex(earlier.sender);
    VERIFY(receiver.has_value());
    send(earlier,
         {.transport = earlier.transport,
          .receiver = *receiver,
          .text = body,
          .in_reply_to = {},
          .rumor_time = unix_seconds(now),
          .event_time = unix_seconds(now) - kNoticeBackdating},
         now);
}

void Replies::send(const RequestOrigin& origin, const nostr::OutgoingMessage& message, UnixTime now)
{
    const auto made = nostr::make_direct_message(message, options_.key, random_);
    if (!made) {
        log::error("a reply of {} bytes could not be made: {}", message.text.size(), made.error().message);
        return;
    }
    const OutboxMessage outbox{.event = made->event, .relays = origin.relays, .expires_at = now + kOutboxKeeps};
    failures_.check(store_.insert_outbox(outbox));
    waiting_[outbox.event.id] = origin.relays;
    pool_.publish(outbox.event, {}, outbox.expires_at);
}

void Replies::on_published(const nostr::EventId& id, const std::string& relay, nostr::relay::PublishState state)
{
    const auto found = waiting_.find(id);
    if (found == waiting_.end() || state != nostr::relay::PublishState::accepted)
        return;
    const std::vector<std::string>& relays = found->second;
    if (!relays.empty() && std::find(relays.begin(), relays.end(), relay) == relays.end())
        return;
    failures_.check(store_.forget_accepted(id));
    waiting_.erase(found);
}

void Replies::tick(UnixTime now)
{
    if (now < next_cleaning_)
        return;
    next_cleaning_ = now + kCleaningInterval;
    failures_.check(store_.forget_outbox_before(now - std::chrono::hours{24}));
    if (waiting_.size() > 10'000)
        waiting_.clear();
}

} // namespace berth::provider
