#include "provider/intake.h"

#include "provider/wire.h"
#include "util/log.h"

namespace berth::provider {

namespace {

/// Answers per sender: enough for a batch of spawns at once, then one every two seconds.
constexpr double kSenderBurst = 64;
constexpr double kSenderPerSecond = 0.5;
constexpr double kStrangersBurst = 1000;
constexpr double kStrangersPerSecond = 50;
/// How often one sender, and all together, are told that they ask too much.
constexpr double kBusyBurst = 1;
constexpr double kBusyPerSecond = 0.1;
constexpr double kAllBusyBurst = 20;
constexpr double kAllBusyPerSecond = 1;
constexpr double kStaleBurst = 1;
constexpr double kStalePerSecond = 1.0 / 60;
constexpr std::chrono::seconds kFutureSkewMax{900};
constexpr size_t kInProgressMax = 10'000;

} // namespace

Intake::Intake(Parts parts)
    : p_{std::move(parts)}, per_sender_{kSenderBurst, kSenderPerSecond},
      strangers_{kStrangersBurst, kStrangersPerSecond}, busy_answers_{kBusyBurst, kBusyPerSecond},
      all_busy_answers_{kAllBusyBurst, kAllBusyPerSecond}, stale_answers_{kStaleBurst, kStalePerSecond}
{
}

bool Intake::is_new(const nostr::DirectMessage& message)
{
    if (in_progress_.contains(message.message_id) || in_progress_.size() >= kInProgressMax)
        return false;
    return !p_.failures.take(p_.orders.is_known_request(message.message_id), true);
}

bool Intake::is_stale(const RequestOrigin& origin, const Request& request, UnixTime now) const
{
    const bool is_about_money = std::holds_alternative<SpawnRequest>(request) ||
                                std::holds_alternative<TopUpRequest>(request) ||
                                std::holds_alternative<StopRequest>(request);
    const std::chrono::seconds age_max = is_about_money ? p_.options.request_age_max : p_.options.status_age_max;
    const int64_t age = unix_seconds(now) - origin.created_at;
    return age > age_max.count() || age < -kFutureSkewMax.count();
}

/// Nothing old is worth an error, nor is a message that claims to be an answer.
bool Intake::deserves_error(const nostr::DirectMessage& message, UnixTime now) const
{
    return unix_seconds(now) - message.created_at <= p_.options.status_age_max.count() && !message.in_reply_to;
}

void Intake::refuse(const RequestOrigin& origin, const char* type, const std::string& text, UnixTime now)
{
    answer(origin, encode_error({type, text}), now);
}

void Intake::answer(const RequestOrigin& origin, const std::string& body, UnixTime now)
{
    p_.failures.check(p_.orders.insert_request(origin, {}, now));
    finish(origin.message_id);
    p_.replies.answer(origin, body, now);
}

std::optional<IncomingRequest> Intake::take(const nostr::Event& event, const std::string& relay, UnixTime now)
{
    const auto message = nostr::open_direct_message(event, p_.options.key, unix_seconds(now));
    if (!message) {
        log::debug("dropped an event of kind {}: {}", event.kind, message.error().message);
        return std::nullopt;
    }
    if (!is_new(*message))
        return std::nullopt;
    const RequestOrigin origin{.message_id = message->message_id,
                               .transport = message->transport,
                               .sender = message->sender.hex(),
                               .created_at = message->created_at,
                               .relays = {relay},
                               .event = message->event_id};
    if (!per_sender_.take(origin.sender, now) || (!p_.has_lease(origin.sender) && !strangers_.take("", now))) {
        log::debug("dropped a message of {}: over its budget", origin.sender);
        if (deserves_error(*message, now) && busy_answers_.take(origin.sender, now) && all_busy_answers_.take("", now))
            refuse(origin, error_type::busy, "too many messages at once; nothing was taken: ask again in a minute",
                   now);
        return std::nullopt;
    }
    auto request = parse_request(message->text);
    if (!request) {
        if (deserves_error(*message, now))
            refuse(origin, error_type::invalid_request, request.error().message, now);
        return std::nullopt;
    }
    if (is_stale(origin, *request, now)) {
        if (stale_answers_.take(origin.sender, now))
            refuse(origin, error_type::stale_request,
                   "the request's date is too far from now; nothing was taken, the token is still yours", now);
        return std::nullopt;
    }
    in_progress_.insert(origin.message_id);
    return IncomingRequest{origin, std::move(*request)};
}

} // namespace berth::provider
