#pragma once
// What the relays are asked and told once the provider is up: the subscriptions that bring requests, and the lists of
// relays where it is found (NIP-65) and reads direct messages (NIP-17).

#include "nostr/relay/pool.h"
#include "provider/failure_sink.h"
#include "provider/options.h"
#include "provider/relay_store.h"

namespace berth::provider {

void subscribe_to_requests(nostr::relay::Pool& pool, const Options& options);

void publish_relay_lists(nostr::relay::Pool& pool, const Options& options, RelayStore& store, crypto::Random& random,
                         FailureSink& failures, UnixTime now);

} // namespace berth::provider
