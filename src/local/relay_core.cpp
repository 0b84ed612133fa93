#include "local/relay_core.h"

#include "util/utf8.h"

#include <algorithm>
#include <unordered_set>

namespace berth::local {

RelayCore::RelayCore(RelayStore& store, crypto::Random& random, RelayLimits limits, RelayPolicy policy)
    : store_{store}, random_{random}, limits_{limits}, policy_{std::move(policy)}, event_rate_{limits.events},
      request_rate_{limits.requests}
{
}

void RelayCore::open(ClientId client, Peer peer, UnixTime now)
{
    const auto [place, added] = sessions_.emplace(client, RelaySession{std::move(peer), random_, now});
    // Without a need to authenticate, a challenge would only make clients open their subscriptions twice.
    if (added && policy_.message_readers == MessageReaders::parties)
        say(client, auth_frame(place->second.challenge()));
}

void RelayCore::close(ClientId client)
{
    sessions_.erase(client);
}

void RelayCore::mark_alive(ClientId client, UnixTime now)
{
    if (const auto found = sessions_.find(client); found != sessions_.end())
        found->second.mark_alive(now);
}

Result<void> RelayCore::feed(ClientId client, std::string_view text, UnixTime now)
{
    const auto found = sessions_.find(client);
    if (found == sessions_.end())
        return {};
    found->second.mark_alive(now);
    const Client from{.id = client, .session = found->second};
    ClientFrame frame = parse_client_frame(text, limits_);
    if (auto* event = std::get_if<EventFrame>(&frame))
        return on_event(from, event->event, now);
    if (auto* req = std::get_if<ReqFrame>(&frame))
        return on_req(from, *req, now);
    if (auto* auth = std::get_if<AuthFrame>(&frame))
        on_auth(from, auth->event, now);
    else if (auto* close = std::get_if<CloseFrame>(&frame))
        from.session.unsubscribe(close->subscription);
    else if (auto* bad = std::get_if<BadFrame>(&frame))
        say(client, std::move(bad->reply));
    return {};
}

Result<void> RelayCore::on_event(Client client, const nostr::Event& event, UnixTime now)
{
    const auto answer = [&](bool accepted, const std::string& text) {
        say(client.id, ok_frame(event.id_hex(), accepted, text));
    };
    const std::string refusal = objection(client, event, now);
    if (!refusal.empty()) {
        answer(false, refusal);
        return {};
    }
    if (nostr::is_ephemeral(event.kind)) {
        const bool heard = broadcast(event);
        answer(heard, heard ? "" : "mute: nobody is listening");
        return {};
    }
    const Stored stored = TRY(store_.put(event));
    switch (stored) {
    case Stored::known:
        answer(true, "duplicate: already have this event");
        break;
    case Stored::newer_is_stored:
        answer(true, "duplicate: have a newer version");
        break;
    case Stored::deleted:
        answer(false, "blocked: this event was deleted");
        break;
    case Stored::added:
        answer(true, "");
        broadcast(event);
        break;
    }
    return {};
}

std::string RelayCore::objection(Client client, const nostr::Event& event, UnixTime now)
{
    if (!within_rate(event_rate_, client.session, now))
        return "rate-limited: slow down";
    if (event.kind == nostr::kind::client_auth)
        return "invalid: kind 22242 belongs in an AUTH message";
    if (const std::string time = objection_to_time(event, unix_seconds(now)); !time.empty())
        return time;
    if (!policy_.kinds.empty() && !policy_.kinds.contains(event.kind))
        return fmt::format("blocked: this relay does not take kind {}", event.kind);
    if (!policy_.only_about.empty() && !is_about(event, policy_.only_about))
        return "blocked: this relay takes events by or for its owner only";
    // The signature costs the most, so it comes after all that is free.
    if (const Result<void> verified = nostr::verify_event(event); !verified)
        return "invalid: " + printable(verified.error().message);
    if (is_protected(event) && !client.session.has_key(event.pubkey)) {
        if (client.session.is_authenticated())
            return "restricted: only its author may publish a protected event";
        say(client.id, auth_frame(client.session.challenge()));
        return "auth-required: only its author may publish a protected event";
    }
    return {};
}

std::string RelayCore::objection_to_time(const nostr::Event& event, int64_t now) const
{
    if (event.created_at > now + limits_.future_max.count())
        return "invalid: created_at is too far in the future";
    // Gift wraps are dated back on purpose (NIP-59), the ephemeral ones too.
    if (nostr::is_ephemeral(event.kind) && !is_private(event.kind) &&
        event.created_at < now - limits_.freshness.count())
        return "invalid: created_at is too old for an ephemeral event";
    if (nostr::is_expired(event, now))
        return "invalid: the event has expired";
    return {};
}

bool RelayCore::broadcast(const nostr::Event& event)
{
    bool heard = false;
    std::string json;
    for (const auto& [id, session] : sessions_) {
        if (!session.may_read(event, policy_))
            continue;
        for (const std::string& subscription : session.wanting(event)) {
            if (json.empty())
                json = nostr::encode_event(event);
            say(id, event_frame(subscription, json));
            heard = true;
        }
    }
    return heard;
}

Result<void> RelayCore::on_req(Client client, ReqFrame& req, UnixTime now)
{
    const auto refuse = [&](const char* text) {
        client.session.unsubscribe(req.subscription);
        say(client.id, closed_frame(req.subscription, text));
    };
    if (!within_rate(request_rate_, client.session, now)) {
        refuse("rate-limited: slow down");
        return {};
    }
    const bool must_authenticate =
        policy_.message_readers == MessageReaders::parties && !client.session.is_authenticated();
    if (must_authenticate && asks_for_private(req.filters)) {
        say(client.id, auth_frame(client.session.challenge()));
        refuse("auth-required: direct messages are for their parties only");
        return {};
    }
    // One thread sees both, so no event can fall between the stored answer and the live part, or come twice.
    if (!client.session.subscribe(req.subscription, req.filters, limits_.subscriptions_max)) {
        say(client.id, closed_frame(req.subscription, "rate-limited: too many subscriptions"));
        return {};
    }
    return send_stored(client, req, now);
}

Result<void> RelayCore::send_stored(Client client, const ReqFrame& req, UnixTime now)
{
    std::vector<nostr::Event> events;
    bool complete = true;
    bool asked = false;
    size_t bytes_left = limits_.answer_bytes_max;
    for (const nostr::Filter& filter : req.filters) {
        if (filter.limit == 0u)
            continue;
        asked = true;
        QueryAnswer answer = TRY(store_.query(
            filter, QueryBounds{.events_max = limits_.limit_max, .bytes_max = bytes_left, .now = unix_seconds(now)}));
        complete = complete && answer.complete;
        for (nostr::Event& event : answer.events) {
            bytes_left -= std::min(bytes_left, event.content.size());
            if (client.session.may_read(event, policy_))
                events.push_back(std::move(event));
        }
    }
    std::sort(events.begin(), events.end(), [](const nostr::Event& a, const nostr::Event& b) {
        return a.created_at != b.created_at ? a.created_at > b.created_at : a.id < b.id;
    });
    const auto same = [](const nostr::Event& a, const nostr::Event& b) { return a.id == b.id; };
    events.erase(std::unique(events.begin(), events.end(), same), events.end());
    for (const nostr::Event& event : events)
        say(client.id, event_frame(req.subscription, nostr::encode_event(event)));
    const StoredEnd end = !asked ? StoredEnd::unknown : complete ? StoredEnd::finish : StoredEnd::more;
    say(client.id, eose_frame(req.subscription, end));
    return {};
}

void RelayCore::on_auth(Client client, const nostr::Event& event, UnixTime now)
{
    if (!within_rate(event_rate_, client.session, now)) {
        say(client.id, ok_frame(event.id_hex(), false, "rate-limited: slow down"));
        return;
    }
    Result<void> verdict = nostr::verify_event(event);
    if (verdict)
        verdict = client.session.authenticate(event, limits_, policy_, unix_seconds(now));
    const std::string text = verdict ? "" : "invalid: " + printable(verdict.error().message);
    say(client.id, ok_frame(event.id_hex(), verdict.has_value(), text));
}

bool RelayCore::within_rate(TokenBuckets& buckets, const RelaySession& session, UnixTime now) const
{
    const std::string& address = session.peer().address;
    return (limits_.loopback_unlimited && is_loopback(address)) || buckets.take(address, now);
}

Result<void> RelayCore::tick(UnixTime now)
{
    for (const auto& [id, session] : sessions_)
        if (session.is_idle(limits_.idle_max, now))
            say(id, {});
    return store_.drop_expired(unix_seconds(now));
}

std::vector<RelayReply> RelayCore::take_replies()
{
    return std::exchange(replies_, {});
}

} // namespace berth::local
