#pragma once
// Answers on their way: encrypts a body for a request's origin, writes it to the outbox with the caller's transaction,
// and publishes it until a relay that the request was seen on has accepted it.

#include "provider/failure_sink.h"
#include "provider/options.h"
#include "provider/order_store.h"
#include "provider/relay_store.h"

#include <map>

namespace berth::provider {

class Replies {
public:
    Replies(const Options& options, RelayStore& store, nostr::relay::Pool& pool, crypto::Random& random,
            FailureSink& failures)
        : options_{options}, store_{store}, pool_{pool}, random_{random}, failures_{failures}
    {
    }

    /// Publishes again what was not accepted before the process ended.
    void resume(UnixTime now);
    void answer(const RequestOrigin& origin, const std::string& body, UnixTime now);
    /// Tells the sender of an earlier request something that it did not ask for.
    void notify(const RequestOrigin& earlier, const std::string& body, UnixTime now);
    void on_published(const nostr::EventId& id, const std::string& relay, nostr::relay::PublishState state);
    void tick(UnixTime now);

private:
    void send(const RequestOrigin& origin, const nostr::OutgoingMessage& message, UnixTime now);
    [[nodiscard]] int64_t event_time_for(const RequestOrigin& origin, UnixTime now);

    const Options& options_;
    RelayStore& store_;
    nostr::relay::Pool& pool_;
    crypto::Random& random_;
    FailureSink& failures_;
    std::map<nostr::EventId, std::vector<std::string>> waiting_; ///< event → relays of the request
    UnixTime next_cleaning_{};
};

} // namespace berth::provider
