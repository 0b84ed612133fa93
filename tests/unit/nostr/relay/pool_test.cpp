#include "fake_relays.h"

using namespace berth;
using namespace berth::nostr;
using namespace berth::nostr::relay;
using namespace berth::nostr::relay::test;

TEST_CASE("a windowed subscription asks from the cursor less the window, and the cursor becomes the time of asking")
{
    World world;
    world.pool.subscribe(World::wraps());
    world.start();
    world.open();
    CHECK(world.last_filter()["since"] == kStartSeconds - 180'000);
    CHECK(world.last_filter()["limit"] == 500);
    const int64_t asked_at = unix_seconds(world.now);
    world.advance(3s);
    world.say(eose(world.last_request()));
    REQUIRE(world.cursors.size() == 1);
    CHECK(world.cursors[0].complete_through == asked_at);
    CHECK(world.ends.size() == 1);
    CHECK(world.pool.status()[0].subscribed);
}

TEST_CASE("an event that comes before EOSE is delivered at once")
{
    World world;
    world.pool.subscribe(World::wraps());
    world.start();
    world.open();
    world.say_event(world.last_request(), world.event(kind::gift_wrap, kStartSeconds));
    CHECK(world.events.size() == 1);
    CHECK(world.ends.empty());
}

TEST_CASE("wraps dated 2100 or 0 change neither the cursor nor what is asked next")
{
    World world;
    world.pool.subscribe(World::wraps());
    world.start();
    world.open();
    const std::string request = world.last_request();
    world.say(eose(request));
    const Cursor before = world.cursors.back();
    world.say_event(request, world.event(kind::gift_wrap, 4'102'444'800));
    world.say_event(request, world.event(kind::gift_wrap, 0));
    CHECK(world.events.size() == 1);
    CHECK(world.cursors.back().complete_through == before.complete_through);
    world.drop();
    world.advance(30s);
    world.open();
    CHECK(world.last_filter()["since"] == before.complete_through - 180'000);
    world.say_event(world.last_request(), world.event(kind::gift_wrap, kStartSeconds, "later"));
    CHECK(world.events.size() == 2);
}

TEST_CASE("a forged event with the id of a genuine one does not keep the genuine one out")
{
    World world{{kA, kB}};
    world.pool.subscribe(World::wraps());
    world.start();
    world.open(kA);
    world.open(kB);
    const Event genuine = world.event(kind::gift_wrap, kStartSeconds);
    Event forged = genuine;
    forged.sig[5] = static_cast<uint8_t>(forged.sig[5] ^ 1U);
    world.say_event(world.last_request(kA), forged, kA);
    CHECK(world.events.empty());
    world.say_event(world.last_request(kB), genuine, kB);
    REQUIRE(world.events.size() == 1);
    CHECK(world.events[0].first == kB);
    CHECK(world.pool.status()[0].events_refused == 1);
}

TEST_CASE("an event repeated by all relays is handed over once, and the others are told as also seen")
{
    World world{{kA, kB}};
    world.pool.subscribe(World::wraps());
    world.start();
    world.open(kA);
    world.open(kB);
    const Event event = world.event(kind::gift_wrap, kStartSeconds);
    for (int repeat = 0; repeat < 3; ++repeat)
        for (const std::string& url : {kA, kB})
            world.say_event(world.last_request(url), event, url);
    CHECK(world.events.size() == 1);
    REQUIRE(world.also.size() == 1);
    CHECK(world.also[0].first == kB);
}

TEST_CASE("events of foreign subscriptions and of other kinds are not delivered")
{
    World world;
    world.pool.subscribe(World::wraps());
    world.start();
    world.open();
    world.say_event("elsewhere", world.event(kind::gift_wrap, kStartSeconds));
    world.say_event(world.last_request(), world.event(1, kStartSeconds));
    CHECK(world.events.empty());
}

TEST_CASE("every CLOSED is answered by a new REQ under a new id, sooner or later")
{
    const std::vector<std::pair<std::string, std::chrono::seconds>> cases{
        {"error: x", 5s},          {"", 5s},
        {"ERROR: bad req: y", 5s}, {"duplicate: x", 5s},
        {"rate-limited: x", 30s},  {"blocked: x", 600s},
        {"restricted: x", 600s},   {"auth-required: x", 30s},
        {"invalid: x", 3600s},     {"unsupported: x", 3600s}};
    for (const auto& each : cases) {
        const std::string text = each.first;
        const auto delay = each.second;
        CAPTURE(text);
        World world;
        world.pool.subscribe(World::wraps());
        world.start();
        world.open();
        const std::string first = world.last_request();
        world.say(closed(first, text));
        world.live(delay - 1s);
        CHECK(world.sent("REQ").size() == 1);
        world.live(2s);
        CHECK(world.sent("REQ").size() == 2);
        CHECK(world.last_request() != first);
    }
}

TEST_CASE("a NOTICE that refuses the request re-opens it")
{
    for (const std::string text : {"ERROR: too many concurrent REQs", "Subscription error: too many"}) {
        World world;
        world.pool.subscribe(World::wraps());
        world.start();
        world.open();
        world.say("[\"NOTICE\",\"" + text + "\"]");
        world.advance(6s);
        CHECK(world.sent("REQ").size() == 2);
    }
}

TEST_CASE("without EOSE the stored end is announced after ten seconds and the cursor stays")
{
    World world;
    world.pool.subscribe(World::wraps());
    world.start();
    world.open();
    world.advance(9s);
    CHECK(world.ends.empty());
    world.advance(2s);
    CHECK(world.ends.size() == 1);
    CHECK(world.cursors.empty());
}

TEST_CASE("a minute after connecting the window is fetched again, and the live request is renewed every six hours")
{
    World world;
    world.pool.subscribe(World::wraps());
    world.start();
    world.open();
    world.say(eose(world.last_request()));
    world.advance(61s);
    REQUIRE(world.sent("REQ").size() == 2);
    world.say(eose(world.last_request()));
    CHECK(world.sent("CLOSE").size() == 1);
    world.live(6h);
    REQUIRE(world.sent("REQ").size() == 3);
    CHECK(world.sent("CLOSE").size() == 2);
    CHECK(world.sent("CLOSE").back()[1] == world.sent("REQ")[0][1]);
    CHECK(world.sent("REQ")[2][1] != world.sent("REQ")[0][1]);
}

TEST_CASE("while the relay shows life the cursor follows, two minutes behind")
{
    World world;
    world.pool.subscribe(World::wraps());
    world.start();
    world.open();
    world.say(eose(world.last_request()));
    world.live(20min);
    const int64_t lag = unix_seconds(world.now) - world.cursors.back().complete_through;
    CHECK(lag >= 120);
    CHECK(lag <= 240);
}

TEST_CASE("a relay that accepts and closes a hundred times is not hammered")
{
    World world;
    world.start();
    std::vector<UnixTime> attempts;
    for (int round = 0; round < 100; ++round) {
        const int before = world.sockets.connects[kA];
        attempts.push_back(world.now);
        world.open();
        world.drop();
        while (world.sockets.connects[kA] == before)
            world.advance(500ms);
    }
    for (size_t round = 12; round < attempts.size(); ++round)
        CHECK(attempts[round] - attempts[round - 1] >= 59s);
    CHECK(attempts[99] - attempts[98] >= 150s);
}

TEST_CASE("the reconnect delay starts anew only after a minute of stable connection")
{
    World world;
    world.start();
    for (int round = 0; round < 8; ++round) {
        world.open();
        world.drop();
        world.advance(200s);
    }
    world.open();
    world.live(61s);
    const int before = world.sockets.connects[kA];
    world.drop();
    world.advance(2s);
    CHECK(world.sockets.connects[kA] == before + 1);
}

TEST_CASE("Retry-After of a refused handshake is honoured")
{
    World world;
    world.start();
    world.drop(kA, 429, "300");
    world.advance(299s);
    CHECK(world.sockets.connects[kA] == 1);
    world.advance(10s);
    CHECK(world.sockets.connects[kA] == 2);
}

TEST_CASE("AUTH is answered, and with OK or five seconds of silence all subscriptions get new ids")
{
    for (const bool acknowledges : {true, false}) {
        CAPTURE(acknowledges);
        World world;
        world.pool.subscribe(World::wraps());
        world.start();
        world.open();
        const std::string before = world.last_request();
        world.say("[\"AUTH\",\"challenge\"]");
        REQUIRE(world.sent("AUTH").size() == 1);
        const Json answer = world.sent("AUTH")[0][1];
        CHECK(answer["kind"] == 22242);
        if (acknowledges)
            world.say("[\"OK\",\"" + answer["id"].get<std::string>() + "\",true,\"\"]");
        else
            world.advance(5s);
        CHECK(world.sent("CLOSE")[0][1] == before);
        CHECK(world.last_request() != before);
    }
}

TEST_CASE("a connection answers at most two challenges, and none without a key")
{
    World world;
    World keyless{{kA}, false};
    for (World* each : {&world, &keyless}) {
        each->start();
        each->open();
        for (int number = 0; number < 20; ++number) {
            each->say("[\"AUTH\",\"" + std::to_string(number) + "\"]");
            each->advance(15s);
        }
    }
    CHECK(world.sent("AUTH").size() == 2);
    CHECK(keyless.sent("AUTH").empty());
}

TEST_CASE("a flood at one relay stops reading there and delays no other relay")
{
    World world{{kA, kB}};
    world.pool.subscribe(World::wraps());
    world.start();
    world.open(kA);
    world.open(kB);
    const std::string notice = "[\"NOTICE\",\"hello\"]";
    for (int number = 0; number < 1'000; ++number)
        world.feed(notice, kA);
    CHECK(!world.sockets.is_reading[kA]);
    world.feed("[\"EVENT\",\"" + world.last_request(kB) + "\"," +
                   encode_event(world.event(kind::gift_wrap, kStartSeconds)) + "]",
               kB);
    world.pool.tick(world.now);
    CHECK(world.events.size() == 1);
    CHECK(world.pool.next_due() <= world.now);
    world.settle();
    CHECK(world.sockets.is_reading[kA]);
}

TEST_CASE("a request sent while all relays were down is delivered after reconnecting")
{
    World world{{kA, kB}};
    world.pool.subscribe(World::wraps());
    world.start();
    for (const std::string& url : {kA, kB}) {
        world.open(url);
        world.say(eose(world.last_request(url)), url);
        world.drop(url);
    }
    const Event missed = world.event(kind::gift_wrap, unix_seconds(world.now) - 100'000);
    world.advance(10min);
    world.open(kA);
    const Json filter = world.last_filter();
    CHECK(filter["since"].get<int64_t>() <= missed.created_at);
    world.say_event(world.last_request(kA), missed, kA);
    CHECK(world.events.size() == 1);
}

TEST_CASE("a clock that jumps an hour either way reconnects and does not stop the timers")
{
    for (const auto jump : {-1h, 1h}) {
        World world;
        world.pool.subscribe(World::wraps());
        world.start();
        world.open();
        world.say(eose(world.last_request()));
        world.now += jump;
        world.pool.tick(world.now);
        world.advance(3s);
        CHECK(world.sockets.connects[kA] == 2);
        CHECK(world.cursors.back().complete_through <= unix_seconds(world.now));
    }
}

TEST_CASE("events still under way for a request that AUTH replaced do not count against the relay")
{
    World world;
    world.pool.subscribe(World::wraps());
    world.start();
    world.open();
    const std::string old_request = world.last_request();
    world.say("[\"AUTH\",\"challenge\"]");
    world.advance(5s);
    REQUIRE(world.last_request() != old_request);
    const Event event = world.event(kind::gift_wrap, kStartSeconds);
    for (int repeat = 0; repeat < 300; ++repeat)
        world.say_event(old_request, event);
    CHECK(world.sockets.closed.empty());
    for (int repeat = 0; repeat < 100; ++repeat)
        world.say_event("never-asked", event);
    CHECK(world.sockets.closed.size() == 1);
}
