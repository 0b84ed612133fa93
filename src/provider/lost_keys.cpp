#include "provider/lost_keys.h"

#include "util/hex.h"
#include "util/log.h"

namespace berth::provider {

namespace {

/// Longer than relays take to connect and answer; then the consumer, who waits, gets the money back.
constexpr std::chrono::seconds kSearchFor{30};
constexpr std::string_view kSubscription = "key:";

std::string subscription_of(const std::string& lease)
{
    return std::string{kSubscription} + lease;
}

/// The lease that a subscription's name is for; empty for a foreign one.
std::string lease_of(const std::string& subscription)
{
    return subscription.starts_with(kSubscription) ? subscription.substr(kSubscription.size()) : std::string{};
}

} // namespace

void LostKeys::look_for(const Lease& lease, UnixTime now)
{
    if (!searches_.emplace(lease.id, Search{.owner = lease.owner, .give_up_at = now + kSearchFor}).second)
        return;
    nostr::Filter filter;
    filter.ids = p_.failures.take(p_.orders.events_that_asked_for(lease.id));
    if (filter.ids.empty()) { // rows of an earlier version
        searches_.at(lease.id).give_up_at = now;
        return;
    }
    // The kinds are named for relays that show messages only to their receivers, and tell by the filter.
    filter.kinds = {nostr::kind::encrypted_dm, nostr::kind::gift_wrap};
    filter.tags['p'] = {nostr::PublicKey::of(p_.options.key).hex()};
    log::info("lease {}: its volume's key was lost with an earlier process; looking for the request",
              lease.workload.number);
    p_.pool.subscribe({.name = subscription_of(lease.id), .filter = std::move(filter), .window = {}});
}

bool LostKeys::take(const std::string& subscription, const nostr::Event& event, UnixTime now)
{
    const std::string lease = lease_of(subscription);
    if (lease.empty())
        return false;
    const auto search = searches_.find(lease);
    if (search == searches_.end())
        return true;
    const auto message = nostr::open_direct_message(event, p_.options.key, unix_seconds(now));
    if (!message || message->sender.hex() != search->second.owner)
        return true;
    if (const auto request = parse_request(message->text))
        offer(lease, *request, now);
    return true;
}

void LostKeys::take_again(const Bytes32& order, const Request& request, UnixTime now)
{
    if (searches_.empty())
        return;
    if (const auto known = p_.failures.take(p_.orders.find(order)))
        offer(known->lease, request, now);
}

void LostKeys::offer(const std::string& lease, const Request& request, UnixTime now)
{
    const auto search = searches_.find(lease);
    const auto* spawn = std::get_if<SpawnRequest>(&request);
    if (search == searches_.end() || search->second.found || !spawn || !spawn->volume_encryption)
        return;
    auto key = read_key(*spawn->volume_encryption);
    if (!key)
        return;
    search->second.found = true;
    search->second.give_up_at = now;
    p_.leases.give_key(lease, std::make_shared<const luks::VolumeKey>(std::move(*key)), now);
}

void LostKeys::on_stored_end(const std::string& subscription, const std::string& relay)
{
    const auto search = searches_.find(lease_of(subscription));
    if (search != searches_.end())
        search->second.relays_done.insert(relay);
}

void LostKeys::tick(UnixTime now)
{
    for (auto search = searches_.begin(); search != searches_.end();) {
        const auto& [lease, state] = *search;
        const bool everybody_answered = state.relays_done.size() >= p_.options.relays.size();
        if (now < state.give_up_at && !everybody_answered) {
            ++search;
            continue;
        }
        // Asked for only where there was something to ask for; an unknown name is nobody's subscription.
        p_.pool.unsubscribe(subscription_of(lease));
        if (!state.found)
            p_.leases.give_up_key(lease, now);
        search = searches_.erase(search);
    }
}

UnixTime LostKeys::next_due() const
{
    UnixTime due = UnixTime::max();
    for (const auto& [lease, search] : searches_)
        due = std::min(due, search.give_up_at);
    return due;
}

} // namespace berth::provider
