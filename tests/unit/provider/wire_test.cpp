#include "provider/wire.h"

#include "util/json.h"

#include <doctest/doctest.h>

namespace berth::provider {
namespace {

TEST_CASE("offer and heartbeat tell the free slots of each spec")
{
    Options options{.key = nostr::SecretKey::create(Bytes32{1}).value()};
    options.specs = {{.id = "basic"}, {.id = "large"}};
    OfferFacts facts;
    facts.free_slots = {{"basic", 10}, {"large", 0}};
    const Json offer = Json::parse(encode_offer(options, facts));
    CHECK(offer.at("specs").at(0).at("free_slots") == 10);
    CHECK(offer.at("specs").at(1).at("free_slots") == 0);

    HeartbeatFacts beat;
    beat.free_slots = facts.free_slots;
    const Json heartbeat = Json::parse(encode_heartbeat(std::string(64, 'a'), beat));
    CHECK(heartbeat.at("free_slots") == Json{{"basic", 10}, {"large", 0}});
}

} // namespace
} // namespace berth::provider
