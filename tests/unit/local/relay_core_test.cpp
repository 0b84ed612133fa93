#include "relay_world.h"

using namespace berth;
using namespace berth::local;

namespace {

std::string p_of(const nostr::SecretKey& key)
{
    return nostr::PublicKey::of(key).hex();
}

bool starts_with(const Json& text, const std::string& prefix)
{
    return text.get<std::string>().rfind(prefix, 0) == 0;
}

} // namespace

TEST_CASE("an event gets exactly one OK, and a known one is a duplicate that counts as accepted")
{
    RelayWorld world;
    const nostr::Event event = world.sign({.kind = 1, .tags = {}, .content = "hello"}, world.alice);
    CHECK(world.publish(1, event) == std::vector<Json>{Json::array({"OK", event.id_hex(), true, ""})});
    const auto again = world.publish(1, event);
    REQUIRE(again.size() == 1);
    CHECK(again[0][2] == true);
    CHECK(starts_with(again[0][3], "duplicate:"));
}

TEST_CASE("a forged event with a readable id gets OK false, one without gets a notice")
{
    RelayWorld world;
    nostr::Event event = world.sign({.kind = 1, .tags = {}, .content = "hello"}, world.alice);
    event.content = "changed";
    const auto forged = world.publish(1, event);
    CHECK(forged[0][2] == false);
    CHECK(starts_with(forged[0][3], "invalid:"));
    const auto shapeless = world.say(1, R"(["EVENT",{"id":")" + event.id_hex() + R"("}])");
    CHECK(shapeless[0][0] == "OK");
    CHECK(shapeless[0][2] == false);
    CHECK(world.say(1, R"(["EVENT",{}])")[0][0] == "NOTICE");
    CHECK(world.say(1, "not json")[0][0] == "NOTICE");
}

TEST_CASE("stored events come newest first, then EOSE says that this was all, then live events")
{
    RelayWorld world;
    const int64_t t = unix_seconds(world.now);
    const auto old_one = world.sign({.created_at = t - 10, .kind = 1, .tags = {}, .content = "old"}, world.alice);
    const auto new_one = world.sign({.created_at = t - 5, .kind = 1, .tags = {}, .content = "new"}, world.alice);
    world.publish(1, old_one);
    world.publish(1, new_one);
    const auto heard = world.say(2, R"(["REQ","s",{"kinds":[1]}])");
    REQUIRE(heard.size() == 3);
    CHECK(heard[0][2]["id"] == new_one.id_hex());
    CHECK(heard[1][2]["id"] == old_one.id_hex());
    CHECK(heard[2] == Json::array({"EOSE", "s", Json::array({"finish"})}));
    const auto live = world.sign({.kind = 1, .tags = {}, .content = "live"}, world.bob);
    world.publish(1, live);
    REQUIRE(world.heard_by(2).size() == 1);
    CHECK(world.heard_by(2)[0][2]["id"] == live.id_hex());
    CHECK(world.say(2, R"(["CLOSE","s"])").empty());
    world.publish(1, world.sign({.kind = 1, .tags = {}, .content = "after"}, world.bob));
    CHECK(world.heard_by(2).empty());
}

TEST_CASE("EOSE says more when older events were left out, and nothing about what was not asked for")
{
    RelayWorld world;
    const int64_t t = unix_seconds(world.now);
    for (int i = 0; i < 3; ++i)
        world.publish(1, world.sign({.created_at = t - i, .kind = 1, .tags = {}, .content = "x"}, world.alice));
    const auto two = world.say(2, R"(["REQ","a",{"limit":2}])");
    REQUIRE(two.size() == 3);
    CHECK(two[2] == Json::array({"EOSE", "a", Json::array({"more"})}));
    CHECK(world.say(2, R"(["REQ","b",{"limit":0}])") == std::vector<Json>{Json::array({"EOSE", "b"})});
}

TEST_CASE("since, until and tag filters hold for live events too")
{
    RelayWorld world;
    const int64_t t = unix_seconds(world.now);
    world.say(2, fmt::format(R"(["REQ","s",{{"#p":["{}"],"since":{}}}])", p_of(world.bob), t - 100));
    const nostr::Tags to_bob{{"p", p_of(world.bob)}};
    world.publish(1, world.sign({.created_at = t - 200, .kind = 4, .tags = to_bob, .content = "early"}, world.alice));
    CHECK(world.heard_by(2).empty());
    world.publish(1, world.sign({.kind = 4, .tags = {{"p", p_of(world.alice)}}, .content = "other"}, world.alice));
    CHECK(world.heard_by(2).empty());
    world.publish(1, world.sign({.kind = 4, .tags = to_bob, .content = "now"}, world.alice));
    CHECK(world.heard_by(2).size() == 1);
}

TEST_CASE("times: the future and the expired are invalid, old gift wraps are welcome, old ephemeral events are not")
{
    RelayWorld world;
    const int64_t t = unix_seconds(world.now);
    const auto verdict = [&](int64_t created_at, nostr::Kind kind, nostr::Tags tags) {
        return world.publish(1, world.sign({created_at, kind, std::move(tags), "x"}, world.alice))[0];
    };
    CHECK(verdict(t + 900, 1, {})[2] == true);
    CHECK(starts_with(verdict(t + 901, 1, {})[3], "invalid:"));
    CHECK(starts_with(verdict(t, 1, {{"expiration", std::to_string(t)}})[3], "invalid:"));
    CHECK(verdict(t - 2 * 86'400, 1059, {{"p", p_of(world.bob)}})[2] == true);
    CHECK(starts_with(verdict(t - 601, 20384, {})[3], "invalid:"));
}

TEST_CASE("an event that expires is served until then and not after")
{
    RelayWorld world;
    const int64_t t = unix_seconds(world.now);
    const nostr::Tags soon{{"expiration", std::to_string(t + 60)}};
    world.publish(1, world.sign({.kind = 1, .tags = soon, .content = "x"}, world.alice));
    CHECK(world.say(2, R"(["REQ","a",{}])").size() == 2);
    world.now += std::chrono::seconds{60};
    CHECK(world.say(2, R"(["REQ","b",{}])").size() == 1);
    REQUIRE(world.core.tick(world.now));
    CHECK(world.store.size() == 0);
}

TEST_CASE("an addressable event is replaced by a newer one, on a tie by the lower id, and never by an older one")
{
    RelayWorld world;
    const int64_t t = unix_seconds(world.now);
    const auto offer = [&](int64_t created_at, const std::string& content) {
        return world.sign({created_at, 38383, {{"d", "offer"}}, content}, world.alice);
    };
    const auto first = offer(t - 10, "1");
    const auto second = offer(t - 5, "2");
    world.publish(1, first);
    world.publish(1, second);
    CHECK(world.store.size() == 1);
    world.say(2, R"(["REQ","live",{"limit":0}])");
    const auto older = world.publish(1, offer(t - 7, "old"));
    CHECK(older[0][2] == true);
    CHECK(starts_with(older[0][3], "duplicate: have a newer version"));
    CHECK(world.heard_by(2).empty());
    const auto rival = offer(t - 5, "rival");
    world.publish(1, rival);
    const auto kept = world.say(1, R"(["REQ","s",{"kinds":[38383]}])");
    CHECK(kept[0][2]["id"] == std::min(rival.id_hex(), second.id_hex()));
}

TEST_CASE("an ephemeral event is heard by who listens, is not stored, and mute says that nobody did")
{
    RelayWorld world;
    const auto beat = [&] { return world.sign({.kind = 20384, .tags = {}, .content = "beat"}, world.alice); };
    CHECK(starts_with(world.publish(1, beat())[0][3], "mute:"));
    world.say(2, R"(["REQ","s",{"kinds":[20384]}])");
    CHECK(world.publish(1, beat())[0][2] == true);
    CHECK(world.heard_by(2).size() == 1);
    CHECK(world.store.size() == 0);
}

TEST_CASE("an ephemeral gift wrap reaches its receiver and is not stored, be it dated back as wraps are")
{
    RelayWorld world;
    const int64_t t = unix_seconds(world.now);
    const auto wrap = [&](int64_t at) { return world.sign({at, 21059, {{"p", p_of(world.bob)}}, "x"}, world.alice); };
    CHECK(starts_with(world.publish(1, wrap(t))[0][3], "mute:"));
    world.say(2, fmt::format(R"(["REQ","s",{{"kinds":[21059],"#p":["{}"]}}])", p_of(world.bob)));
    for (const int64_t at : {t - 1, t - 100'000}) {
        CHECK(world.publish(1, wrap(at))[0][2] == true);
        CHECK(world.heard_by(2).size() == 1);
    }
    CHECK(world.store.size() == 0);
}

TEST_CASE("authors delete their own events, receivers delete wraps, others delete nothing, and deleted ids stay away")
{
    RelayWorld world;
    const auto wrap = world.sign({.kind = 1059, .tags = {{"p", p_of(world.bob)}}, .content = "x"}, world.alice);
    const auto note = world.sign({.kind = 1, .tags = {}, .content = "x"}, world.alice);
    world.publish(1, wrap);
    world.publish(1, note);
    const nostr::Tags both{{"e", wrap.id_hex()}, {"e", note.id_hex()}};
    world.publish(1, world.sign({.kind = 5, .tags = both, .content = {}}, world.bob));
    CHECK(world.say(1, R"(["REQ","s",{"kinds":[1,1059]}])").size() == 2);
    CHECK(starts_with(world.publish(1, wrap)[0][3], "blocked:"));
    world.publish(1, world.sign({.kind = 5, .tags = both, .content = {}}, world.alice));
    CHECK(world.say(1, R"(["REQ","t",{"kinds":[1,1059]}])").size() == 1);
}

TEST_CASE("a deletion by address takes versions up to its own time")
{
    RelayWorld world;
    const int64_t t = unix_seconds(world.now);
    const auto offer = [&](int64_t at) { return world.sign({at, 38383, {{"d", "o"}}, "x"}, world.alice); };
    world.publish(1, offer(t - 10));
    const nostr::Tags address{{"a", "38383:" + p_of(world.alice) + ":o"}};
    world.publish(1, world.sign({t - 5, 5, address, ""}, world.alice));
    CHECK(world.say(1, R"(["REQ","s",{"kinds":[38383]}])").size() == 1);
    CHECK(starts_with(world.publish(1, offer(t - 6))[0][3], "blocked:"));
    CHECK(world.publish(1, offer(t))[0][2] == true);
}

TEST_CASE("what is beyond a limit is answered with CLOSED, not with silence")
{
    RelayWorld world{{}, RelayLimits{.subscriptions_max = 1, .filters_max = 1, .filter_values_max = 2}};
    CHECK(world.say(1, R"(["REQ","a",{},{}])")[0][0] == "CLOSED");
    CHECK(starts_with(world.say(1, R"(["REQ","a",{"kinds":[1,2,3]}])")[0][2], "invalid:"));
    CHECK(starts_with(world.say(1, R"(["REQ","a",{"search":"x"}])")[0][2], "invalid:"));
    CHECK(world.say(1, R"(["REQ","a",{}])")[0][0] == "EOSE");
    CHECK(world.say(1, R"(["REQ","a",{}])")[0][0] == "EOSE");
    CHECK(starts_with(world.say(1, R"(["REQ","b",{}])")[0][2], "rate-limited:"));
    CHECK(world.say(1, R"(["COUNT","q",{}])")[0][0] == "CLOSED");
    CHECK(world.say(1, R"(["REQ",")" + std::string(65, 'x') + R"(",{}])")[0][0] == "NOTICE");
}

TEST_CASE("an address that sends too fast is told so, and may go on a while later")
{
    RelayWorld world{{}, RelayLimits{.events = {.per_minute = 1, .burst = 1}}};
    const auto note = [&](const std::string& text) {
        return world.publish(1, world.sign({.kind = 1, .tags = {}, .content = text}, world.alice))[0];
    };
    CHECK(note("1")[2] == true);
    CHECK(starts_with(note("2")[3], "rate-limited:"));
    world.now += std::chrono::seconds{60};
    CHECK(note("3")[2] == true);
}

TEST_CASE("a relay for one key takes only what is by or for it")
{
    RelayPolicy policy;
    RelayWorld keys;
    policy.only_about = {nostr::PublicKey::of(keys.bob).bytes()};
    RelayWorld world{policy};
    const nostr::Tags to_bob{{"p", p_of(keys.bob)}};
    CHECK(world.publish(1, world.sign({.kind = 4, .tags = to_bob, .content = "x"}, world.alice))[0][2] == true);
    const auto own_note = world.sign({.kind = 1, .tags = {}, .content = "x"}, world.alice);
    CHECK(starts_with(world.publish(1, own_note)[0][3], "blocked:"));
}

TEST_CASE("a client that is silent for too long is hung up on")
{
    RelayWorld world;
    world.now += std::chrono::seconds{601};
    world.core.mark_alive(2, world.now);
    REQUIRE(world.core.tick(world.now));
    const auto replies = world.core.take_replies();
    REQUIRE(replies.size() == 1);
    CHECK(replies[0].client == 1);
    CHECK(replies[0].text.empty());
}
