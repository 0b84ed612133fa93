#include "provider/publisher.h"

#include "util/log.h"

namespace berth::provider {

namespace {

/// A heartbeat from a consumer's future reads as offline there, so beats are dated a little back.
constexpr int64_t kBeatBackdating = 5;
/// What changes in an offer by itself (free capacity) is looked at this often.
constexpr std::chrono::seconds kOfferCheck{60};

} // namespace

Publisher::Publisher(const Options& options, RelayStore& store, nostr::relay::Pool& pool, crypto::Random& random,
                     FailureSink& failures)
    : options_{options}, store_{store}, pool_{pool}, random_{random}, failures_{failures},
      own_hex_{nostr::PublicKey::of(options.key).hex()}
{
}

void Publisher::tick(UnixTime now, const std::function<Facts()>& facts)
{
    if (now < next_due())
        return;
    const Facts current = facts();
    if (offers_are_open_)
        look_at_offer(current.offer, now);
    if (now >= next_beat_) {
        next_beat_ = now + options_.heartbeat_interval;
        publish_beats(current, now);
    }
}

void Publisher::look_at_offer(const OfferFacts& facts, UnixTime now)
{
    // Uptime moves by itself with every beat; only what a consumer decides by is a change.
    OfferFacts comparable = facts;
    comparable.uptime_percent = 0;
    const std::string compared = encode_offer(options_, comparable);
    if (now >= next_offer_ || compared != last_offer_) {
        last_offer_ = compared;
        publish_offer(encode_offer(options_, facts), now);
    }
}

void Publisher::publish_offer(const std::string& content, UnixTime now)
{
    next_offer_ = now + options_.offer_interval;
    const std::string address = "paygress:offer:v1:" + own_hex_;
    nostr::Draft draft{.created_at = failures_.take(store_.next_created_at(address, unix_seconds(now))),
                       .kind = nostr::kind::offer,
                       .tags = {{"t", "paygress"}, {"t", "compute"}, {"d", address}, {"v", "1"}},
                       .content = content};
    pool_.publish(nostr::sign_event(std::move(draft), options_.key, random_), {}, now + options_.offer_interval);
}

void Publisher::publish_beats(const Facts& facts, UnixTime now)
{
    const int64_t timestamp = unix_seconds(now) - kBeatBackdating;
    const std::string content = encode_heartbeat(own_hex_, {.timestamp = timestamp,
                                                            .active_workloads = facts.active_workloads,
                                                            .free = facts.offer.free,
                                                            .free_slots = facts.offer.free_slots,
                                                            .node = facts.node});
    const nostr::Tags tags{{"t", "paygress-heartbeat"}, {"p", own_hex_}, {"v", "1"}};
    nostr::Draft stored{.created_at = timestamp, .kind = nostr::kind::heartbeat, .tags = tags, .content = content};
    stored.tags.push_back({"d", fmt::format("paygress:heartbeat:v1:{}:{}", own_hex_, timestamp / 60)});
    const nostr::Event beat = nostr::sign_event(std::move(stored), options_.key, random_);
    last_beat_ = beat.id;
    last_beat_counted_ = false;
    pool_.publish(beat, {}, now + options_.heartbeat_interval);
    nostr::Draft live{.created_at = timestamp, .kind = nostr::kind::heartbeat_live, .tags = tags, .content = content};
    pool_.publish(nostr::sign_event(std::move(live), options_.key, random_), {}, now + kOfferCheck / 2);
}

void Publisher::on_published(const nostr::EventId& id, nostr::relay::PublishState state, UnixTime now)
{
    if (last_beat_counted_ || id != last_beat_ || state != nostr::relay::PublishState::accepted)
        return;
    last_beat_counted_ = true;
    failures_.check(store_.count_beat(now));
    if (!first_beat_accepted_)
        log::info("first heartbeat accepted");
    first_beat_accepted_ = true;
}

} // namespace berth::provider
