#include "nostr/relay/outbox.h"

#include "nostr/relay/refusal.h"

#include <algorithm>

namespace berth::nostr::relay {

namespace {

bool is_encrypted_message(Kind event_kind)
{
    return event_kind == kind::encrypted_dm || event_kind == kind::gift_wrap || event_kind == kind::ephemeral_gift_wrap;
}

} // namespace

Outbox::Verdicts Outbox::add(const Event& event, UnixTime expires)
{
    if (accepted_.contains(event.id))
        return {};
    if (const auto known = find(event.id); known != entries_.end()) {
        known->expires = std::max(known->expires, expires);
        return {};
    }
    Verdicts dropped = make_room();
    Entry entry;
    entry.id = event.id;
    entry.json = encode_event(event);
    entry.expires = expires;
    entry.is_message = is_encrypted_message(event.kind);
    entries_.push_back(std::move(entry));
    return dropped;
}

Outbox::Verdicts Outbox::make_room()
{
    if (entries_.size() < kEntriesMax)
        return {};
    auto victim = std::find_if(entries_.begin(), entries_.end(), [](const Entry& entry) { return !entry.is_message; });
    if (victim == entries_.end())
        victim = entries_.begin();
    return {finish(victim, PublishState::timed_out, "too many events wait for this relay")};
}

std::optional<std::string> Outbox::take_due(const Instant& now)
{
    auto entry = next_waiting(now.uptime, true);
    if (entry == entries_.end()) {
        if (!pace_.may_send(now.uptime))
            return std::nullopt;
        entry = next_waiting(now.uptime, false);
    }
    if (entry == entries_.end())
        return std::nullopt;
    // One event always goes, however large it is.
    if (in_flight_bytes_ > 0 && in_flight_bytes_ + entry->json.size() > kInFlightBytesMax)
        return std::nullopt;
    if (!entry->is_message)
        pace_.sent();
    entry->state = EntryState::sent;
    entry->was_sent = true;
    entry->due = now.uptime + kOkTimeout;
    in_flight_bytes_ += entry->json.size();
    return entry->json;
}

Outbox::Verdicts Outbox::check_time(const Instant& now)
{
    Verdicts verdicts;
    for (auto next = entries_.begin(); next != entries_.end();) {
        const auto entry = next++;
        if (entry->expires <= now.wall) {
            const std::string text = entry->last_text.empty() ? "expired" : entry->last_text;
            verdicts.push_back(finish(entry, PublishState::timed_out, text));
        } else if (entry->state == EntryState::sent && entry->due <= now.uptime) {
            entry->last_text = "no OK within 10 s";
            for (Verdict& verdict : retry_later(entry, PublishState::timed_out, now.uptime))
                verdicts.push_back(std::move(verdict));
        }
    }
    return verdicts;
}

Uptime Outbox::next_due(const Instant& now, bool is_connected) const
{
    Uptime due = kNever;
    for (const Entry& entry : entries_) {
        const auto remaining = std::chrono::ceil<Uptime>(entry.expires - now.wall);
        if (entry.expires - now.wall < std::chrono::hours{24 * 365})
            due = std::min(due, now.uptime + remaining);
        if (entry.state == EntryState::sent)
            due = std::min(due, entry.due);
        if (entry.state != EntryState::waiting || !is_connected)
            continue;
        const bool is_held_back = in_flight_bytes_ > 0 && in_flight_bytes_ + entry.json.size() > kInFlightBytesMax;
        if (is_held_back)
            continue;
        const bool is_paced = !entry.is_message && !pace_.has_tokens();
        due = std::min(due, is_paced ? std::max(entry.due, pace_.next_token()) : entry.due);
    }
    return due;
}

std::optional<Outbox::Verdicts> Outbox::on_ok(const EventId& id, bool is_accepted, const std::string& text, Auth auth,
                                              Uptime now)
{
    const auto entry = find(id);
    // A waiting entry that was tried before may still get the OK of that try.
    if (entry == entries_.end() || !entry->was_sent)
        return std::nullopt;
    if (!is_accepted && refusal_of(text) != Refusal::duplicate)
        return on_refusal(entry, text, auth, now);
    pace_.accepted();
    remember_accepted(id);
    return Verdicts{finish(entry, PublishState::accepted, text)};
}

Outbox::Verdicts Outbox::on_refusal(Entries::iterator entry, const std::string& text, Auth auth, Uptime now)
{
    if (entry->state != EntryState::sent)
        return {};
    entry->last_text = text;
    switch (refusal_of(text)) {
    case Refusal::auth_required:
    case Refusal::restricted:
        if (auth == Auth::exhausted || entry->sent_after_auth)
            break;
        in_flight_bytes_ -= entry->json.size();
        entry->state = EntryState::needs_auth;
        return {};
    case Refusal::rate_limited:
        pace_.rate_limited();
        in_flight_bytes_ -= entry->json.size();
        entry->state = EntryState::waiting;
        entry->due = now + entry->rate_limited.next();
        return {};
    case Refusal::mute: // nobody listened: neither success nor failure
        return {finish(entry, PublishState::timed_out, text)};
    case Refusal::other:
        return retry_later(entry, PublishState::refused, now);
    default:
        break;
    }
    return {finish(entry, PublishState::refused, text)};
}

Outbox::Verdicts Outbox::retry_later(Entries::iterator entry, PublishState if_exhausted, Uptime now)
{
    const Uptime delay = entry->transient.next();
    if (entry->transient.failures() >= kTriesMax)
        return {finish(entry, if_exhausted, entry->last_text)};
    in_flight_bytes_ -= entry->json.size();
    entry->state = EntryState::waiting;
    entry->due = now + delay;
    return {};
}

Outbox::Verdicts Outbox::on_too_large(const std::string& text)
{
    auto largest = entries_.end();
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry)
        if (entry->state == EntryState::sent &&
            (largest == entries_.end() || entry->json.size() > largest->json.size()))
            largest = entry;
    if (largest == entries_.end())
        return {};
    return {finish(largest, PublishState::refused, text)};
}

bool Outbox::wants_auth() const
{
    return std::any_of(entries_.begin(), entries_.end(),
                       [](const Entry& entry) { return entry.state == EntryState::needs_auth; });
}

void Outbox::on_authenticated(Uptime now)
{
    for (Entry& entry : entries_)
        if (entry.state == EntryState::needs_auth) {
            entry.state = EntryState::waiting;
            entry.due = now;
            entry.sent_after_auth = true;
        }
}

Outbox::Verdicts Outbox::on_auth_refused(const std::string& text)
{
    Verdicts verdicts;
    for (auto next = entries_.begin(); next != entries_.end();) {
        const auto entry = next++;
        if (entry->state == EntryState::needs_auth)
            verdicts.push_back(finish(entry, PublishState::refused, text));
    }
    return verdicts;
}

void Outbox::on_disconnected()
{
    for (Entry& entry : entries_) {
        if (entry.state != EntryState::waiting)
            entry.due = Uptime{};
        entry.state = EntryState::waiting;
        entry.sent_after_auth = false;
    }
    in_flight_bytes_ = 0;
}

Outbox::Verdict Outbox::finish(Entries::iterator entry, PublishState state, const std::string& text)
{
    if (entry->state == EntryState::sent)
        in_flight_bytes_ -= entry->json.size();
    Verdict verdict{entry->id, state, text};
    entries_.erase(entry);
    return verdict;
}

Outbox::Entries::iterator Outbox::find(const EventId& id)
{
    return std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.id == id; });
}

Outbox::Entries::iterator Outbox::next_waiting(Uptime now, bool messages)
{
    return std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
        return entry.state == EntryState::waiting && entry.is_message == messages && entry.due <= now;
    });
}

void Outbox::remember_accepted(const EventId& id)
{
    if (!accepted_.insert(id).second)
        return;
    accepted_order_.push_back(id);
    if (accepted_order_.size() > kAcceptedMax) {
        accepted_.erase(accepted_order_.front());
        accepted_order_.pop_front();
    }
}

} // namespace berth::nostr::relay
