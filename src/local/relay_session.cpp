#include "local/relay_session.h"

#include "util/hex.h"

#include <algorithm>
#include <cctype>

namespace berth::local {

namespace {

/// host[:port] of a relay URL, lower case, without the scheme's own port. Empty when it is no ws or wss URL.
std::string authority_of(std::string url)
{
    std::transform(url.begin(), url.end(), url.begin(), [](unsigned char c) { return std::tolower(c); });
    const bool secure = url.rfind("wss://", 0) == 0;
    if (!secure && url.rfind("ws://", 0) != 0)
        return {};
    url.erase(0, url.find("//") + 2);
    url.erase(std::min(url.find_first_of("/?#"), url.size()));
    const std::string own_port = secure ? ":443" : ":80";
    if (url.size() > own_port.size() && url.compare(url.size() - own_port.size(), own_port.size(), own_port) == 0)
        url.erase(url.size() - own_port.size());
    return url;
}

/// The Host header says no scheme, so it is read by the scheme the client claims.
std::string expected_authority(const std::string& claimed_url, const Peer& peer, const RelayPolicy& policy)
{
    if (!policy.public_url.empty())
        return authority_of(policy.public_url);
    const bool secure = claimed_url.rfind("wss://", 0) == 0;
    return authority_of((secure ? "wss://" : "ws://") + peer.host);
}

} // namespace

RelaySession::RelaySession(Peer peer, crypto::Random& random, UnixTime now)
    : peer_{std::move(peer)}, challenge_{encode_hex(random.bytes32())}, alive_at_{now}
{
}

Result<void> RelaySession::authenticate(const nostr::Event& event, const RelayLimits& limits, const RelayPolicy& policy,
                                        int64_t now)
{
    if (event.kind != nostr::kind::client_auth)
        return fail(Errc::refused, "AUTH takes kind 22242, not {}", event.kind);
    if (std::abs(now - event.created_at) > limits.freshness.count())
        return fail(Errc::refused, "created_at is too far from this relay's clock");
    if (event.tag_value("challenge") != challenge_)
        return fail(Errc::refused, "another challenge");
    const std::string claimed = event.tag_value("relay").value_or("");
    const std::string authority = authority_of(claimed);
    if (authority.empty() || authority != expected_authority(claimed, peer_, policy))
        return fail(Errc::refused, "the relay tag names another relay");
    if (has_key(event.pubkey))
        return {};
    if (keys_.size() >= limits.authenticated_keys_max)
        return fail(Errc::refused, "too many keys on one connection");
    keys_.push_back(event.pubkey);
    return {};
}

bool RelaySession::has_key(const Bytes32& pubkey) const
{
    return std::find(keys_.begin(), keys_.end(), pubkey) != keys_.end();
}

bool RelaySession::may_read(const nostr::Event& event, const RelayPolicy& policy) const
{
    return policy.message_readers == MessageReaders::anyone || !is_private(event.kind) || is_about(event, keys_);
}

bool RelaySession::subscribe(const std::string& subscription, std::vector<nostr::Filter> filters,
                             size_t subscriptions_max)
{
    if (!subscriptions_.contains(subscription) && subscriptions_.size() >= subscriptions_max)
        return false;
    subscriptions_[subscription] = std::move(filters);
    return true;
}

std::vector<std::string> RelaySession::wanting(const nostr::Event& event) const
{
    std::vector<std::string> wanting;
    for (const auto& [subscription, filters] : subscriptions_)
        if (std::any_of(filters.begin(), filters.end(), [&](const auto& filter) { return filter.matches(event); }))
            wanting.push_back(subscription);
    return wanting;
}

bool is_private(nostr::Kind kind)
{
    return kind == nostr::kind::encrypted_dm || kind == nostr::kind::gift_wrap ||
           kind == nostr::kind::ephemeral_gift_wrap;
}

bool asks_for_private(const std::vector<nostr::Filter>& filters)
{
    return std::any_of(filters.begin(), filters.end(), [](const nostr::Filter& filter) {
        return std::any_of(filter.kinds.begin(), filter.kinds.end(), is_private);
    });
}

bool is_protected(const nostr::Event& event)
{
    return std::any_of(event.tags.begin(), event.tags.end(), [](const nostr::Tag& tag) { return tag[0] == "-"; });
}

bool is_about(const nostr::Event& event, const std::vector<Bytes32>& keys)
{
    return std::any_of(keys.begin(), keys.end(), [&](const Bytes32& key) {
        const std::string hex = encode_hex(key);
        return event.pubkey == key || std::any_of(event.tags.begin(), event.tags.end(), [&](const nostr::Tag& tag) {
                   return tag.size() >= 2 && tag[0] == "p" && tag[1] == hex;
               });
    });
}

} // namespace berth::local
