// What a relay is left alone for, and what is not its doing.

#include "fake_relays.h"

#include <functional>

using namespace berth;
using namespace berth::nostr;
using namespace berth::nostr::relay;
using namespace berth::nostr::relay::test;

TEST_CASE("a relay that says what nobody asked for by the thousand is left alone, whatever it says")
{
    World world;
    world.pool.subscribe(World::wraps());
    world.start();
    world.open();
    world.say(eose(world.last_request()));
    const Event event = world.event(kind::gift_wrap, kStartSeconds);
    const std::string request = world.last_request();
    std::string frame;
    SUBCASE("EOSE again and again")
    {
        frame = eose(request);
    }
    SUBCASE("an event that it sent before")
    {
        world.say_event(request, event);
        frame = "[\"EVENT\",\"" + request + "\"," + encode_event(event) + "]";
    }
    SUBCASE("OK for nothing")
    {
        frame = "[\"OK\",\"" + event.id_hex() + "\",true,\"\"]";
    }
    SUBCASE("CLOSED for nothing")
    {
        frame = closed("r9999", "why");
    }
    SUBCASE("events of a request that is closed")
    {
        world.live(90s); // within which the window was fetched again, under an id of its own
        REQUIRE(world.last_request() != request);
        world.say(eose(world.last_request()));
        frame = "[\"EVENT\",\"" + world.last_request() + "\"," + encode_event(event) + "]";
    }
    SUBCASE("an event that has expired")
    {
        const Draft draft{.created_at = kStartSeconds,
                          .kind = kind::gift_wrap,
                          .tags = {{"p", "ab"}, {"expiration", "1700000000"}},
                          .content = "x"};
        frame = "[\"EVENT\",\"" + request + "\"," + encode_event(sign_event(draft, world.key(), world.random)) + "]";
    }
    SUBCASE("that a request or an event was refused")
    {
        frame = "[\"NOTICE\",\"ERROR: too many concurrent REQs\"]";
    }
    SUBCASE("that an event was too large")
    {
        frame = "[\"NOTICE\",\"event exceeded max size\"]";
    }
    SUBCASE("small talk")
    {
        frame = "[\"NOTICE\",\"hello\"]";
    }
    SUBCASE("what no NIP knows")
    {
        frame = "[\"HELLO\"]";
    }
    const auto say_often = [&](int times) {
        for (int time = 0; time < times; ++time)
            world.say(frame);
    };
    say_often(5'000);
    world.advance(1min);
    say_often(6'000);
    CHECK(world.sockets.closed.empty());
    say_often(100);
    CHECK(world.sockets.closed.size() == 1);
    world.drop();
    CHECK(world.pool.status()[0].last_error == "it misbehaves; left alone for an hour");
}

TEST_CASE("a relay that never says EOSE can't stream what it sent before for nothing")
{
    World world;
    world.pool.subscribe(World::wraps());
    world.start();
    world.open();
    const std::string request = world.last_request();
    const Event event = world.event(kind::gift_wrap, kStartSeconds);
    world.say_event(request, event);
    world.advance(20s);
    for (int time = 0; time < 6'000; ++time)
        world.say_event(request, event);
    CHECK(world.sockets.closed.empty());
    for (int time = 0; time < 200; ++time)
        world.say_event(request, event);
    CHECK(world.sockets.closed.size() == 1);
}

TEST_CASE("what strangers can have an honest relay send is no reason to leave it")
{
    World world;
    Subscription subscription = World::wraps();
    subscription.filter.tags['p'] = {"ab"};
    world.pool.subscribe(subscription);
    world.start();
    world.open();
    const std::string request = world.last_request();
    world.say(eose(request));
    const Event genuine = world.event(kind::gift_wrap, kStartSeconds);
    const auto say_json = [&](const std::string& event) { world.say("[\"EVENT\",\"" + request + "\"," + event + "]"); };
    const auto draft = [](Tags tags) {
        return Draft{.created_at = kStartSeconds, .kind = kind::gift_wrap, .tags = std::move(tags), .content = "x"};
    };
    std::function<void()> say_one;
    SUBCASE("events with longer tags than are read here")
    {
        const Event event = sign_event(draft({{"p", "ab"}, Tag(40, "x")}), world.key(), world.random);
        say_one = [&, event] { say_json(encode_event(event)); };
    }
    SUBCASE("events with an empty tag")
    {
        const Event event = sign_event(draft({{"p", "ab"}, {}}), world.key(), world.random);
        say_one = [&, event] { say_json(encode_event(event)); };
    }
    SUBCASE("events with members that nest too deeply")
    {
        const std::string json = encode_event(genuine);
        say_one = [&, json] { say_json(json.substr(0, json.size() - 1) + ",\"x\":[[[[[[[[[[1]]]]]]]]]]}"); };
    }
    SUBCASE("live events for somebody else")
    {
        const Event event = sign_event(draft({{"p", "cd"}}), world.key(), world.random);
        say_one = [&, event] { say_json(encode_event(event)); };
    }
    SUBCASE("live events of another time")
    {
        const Event event = world.event(kind::gift_wrap, 1);
        say_one = [&, event] { say_json(encode_event(event)); };
    }
    SUBCASE("events with DEL, which strfry hashes in its own way")
    {
        Event event = sign_event(draft({{"p", "ab"}, {"x", "\x7f"}}), world.key(), world.random);
        event.id[0] ^= 1;
        say_one = [&, event] { say_json(encode_event(event)); };
    }
    SUBCASE("messages that are too large to be read")
    {
        say_one = [&] { world.pool.handle(net::SocketSkipped{world.sockets.latest.at(kA), 300'000}, world.now); };
    }
    for (int time = 0; time < 1'000; ++time)
        say_one();
    world.settle();
    CHECK(world.sockets.closed.empty());
    CHECK(world.events.empty());
    say_json(encode_event(genuine));
    CHECK(world.events.size() == 1);

    for (int time = 0; time < 6'000; ++time)
        say_one();
    world.settle();
    CHECK(world.sockets.closed.size() == 1);
}

TEST_CASE("a relay that knows no limit is not left for what it stores, but for a flood of it")
{
    World world;
    world.pool.subscribe(World::wraps());
    world.start();
    world.open();
    const std::string request = world.last_request();
    for (int number = 0; number < 1'000; ++number)
        world.say_event(request, world.event(kind::gift_wrap, kStartSeconds - number, fmt::format("{}", number)));
    CHECK(world.sockets.closed.empty());
    CHECK(world.events.size() == 1'000);
    for (int number = 1'000; number < 6'700; ++number)
        world.say_event(request, world.event(kind::gift_wrap, kStartSeconds - number, fmt::format("{}", number)));
    CHECK(world.sockets.closed.size() == 1);
}

TEST_CASE("a page full of events that are not read does not hide what lies behind it")
{
    World world;
    world.pool.subscribe(World::wraps());
    world.start();
    world.open();
    const std::string request = world.last_request();
    const Draft draft{.created_at = kStartSeconds, .kind = kind::gift_wrap, .tags = {{"p", "ab"}, {}}, .content = "x"};
    const Event unread = sign_event(draft, world.key(), world.random);
    for (int number = 0; number < 500; ++number)
        world.say_event(request, unread);
    world.say(eose(request));
    CHECK(world.cursors.empty());
    CHECK(world.last_request() != request);
    CHECK(world.last_filter()["until"] <= kStartSeconds);
}
