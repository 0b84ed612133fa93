#include "provider/relay_presence.h"

#include "nostr/relay_lists.h"

namespace berth::provider {

namespace {

/// A gift wrap may be dated up to two days back (NIP-59); what is asked is bounded by request_age_max all the same.
constexpr std::chrono::seconds kWrapWindow{172'800 + 7'200};
constexpr std::chrono::seconds kDirectWindow{3'600};
constexpr std::chrono::hours kListsKeptFor{1};

} // namespace

void subscribe_to_requests(nostr::relay::Pool& pool, const Options& options)
{
    const nostr::PublicKey own = nostr::PublicKey::of(options.key);
    nostr::Filter direct;
    direct.kinds = {nostr::kind::encrypted_dm};
    direct.tags['p'] = {own.hex()};
    nostr::Filter wraps = direct;
    wraps.kinds = {nostr::kind::gift_wrap};
    pool.subscribe({.name = "dm", .filter = direct, .window = kDirectWindow});
    pool.subscribe({.name = "gw", .filter = wraps, .window = kWrapWindow});
    // Requests that no relay keeps: there is nothing to catch up with. A subscription of its own, so that a relay that
    // does not know the kind refuses it alone.
    wraps.kinds = {nostr::kind::ephemeral_gift_wrap};
    pool.subscribe({.name = "ew", .filter = wraps, .window = {}});
}

void publish_relay_lists(nostr::relay::Pool& pool, const Options& options, RelayStore& store, crypto::Random& random,
                         FailureSink& failures, UnixTime now)
{
    for (nostr::Draft draft : {nostr::make_relay_list(options.relays), nostr::make_dm_relay_list(options.relays)}) {
        draft.created_at = failures.take(store.next_created_at(fmt::format("kind:{}", draft.kind), unix_seconds(now)));
        pool.publish(nostr::sign_event(std::move(draft), options.key, random), {}, now + kListsKeptFor);
    }
}

} // namespace berth::provider
