#pragma once
// The provider's public face: the offer (38383) at start, on change and on a timer; heartbeats (38384 stored, 20384
// live). Everything in them is measured, or absent.

#include "provider/failure_sink.h"
#include "provider/relay_store.h"
#include "provider/wire.h"

namespace berth::provider {

class Publisher {
public:
    struct Facts {
        OfferFacts offer;
        uint32_t active_workloads = 0;
        std::optional<compute::NodeStatus> node;
    };

    Publisher(const Options& options, RelayStore& store, nostr::relay::Pool& pool, crypto::Random& random,
              FailureSink& failures);

    /// Publishes what is due. `facts` is asked only then.
    void tick(UnixTime now, const std::function<Facts()>& facts);
    /// From now on offers are published, too: what they promise is known.
    void open_offers() { offers_are_open_ = true; }
    [[nodiscard]] bool are_offers_open() const { return offers_are_open_; }
    /// What is sold has changed in a way that consumers should see at once.
    void hurry(UnixTime now) { next_beat_ = std::min(next_beat_, now); }
    [[nodiscard]] UnixTime next_due() const
    {
        return offers_are_open_ ? std::min(next_beat_, next_offer_) : next_beat_;
    }
    /// Whether a relay has accepted a heartbeat since start.
    [[nodiscard]] bool is_first_beat_accepted() const { return first_beat_accepted_; }
    void on_published(const nostr::EventId& id, nostr::relay::PublishState state, UnixTime now);

private:
    void look_at_offer(const OfferFacts& facts, UnixTime now);
    void publish_offer(const std::string& content, UnixTime now);
    void publish_beats(const Facts& facts, UnixTime now);

    const Options& options_;
    RelayStore& store_;
    nostr::relay::Pool& pool_;
    crypto::Random& random_;
    FailureSink& failures_;
    const std::string own_hex_;
    UnixTime next_beat_{};
    UnixTime next_offer_{};
    std::string last_offer_; ///< as compared, without what moves by itself
    nostr::EventId last_beat_{};
    bool last_beat_counted_ = false;
    bool first_beat_accepted_ = false;
    bool offers_are_open_ = false;
};

} // namespace berth::provider
