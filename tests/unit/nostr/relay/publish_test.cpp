#include "fake_relays.h"

using namespace berth;
using namespace berth::nostr;
using namespace berth::nostr::relay;
using namespace berth::nostr::relay::test;

namespace {

PublishState state_of(const World::Published& verdict)
{
    return std::get<2>(verdict);
}

} // namespace

TEST_CASE("an event published while the relay is down goes out when it comes up")
{
    World world;
    world.start();
    const Event reply = world.event(kind::gift_wrap, 1'790'000'000);
    world.pool.publish(reply, {}, world.now + 10min);
    world.settle();
    CHECK(world.sent("EVENT").empty());
    world.open();
    REQUIRE(world.sent("EVENT").size() == 1);
    world.say_ok(reply, true, "");
    REQUIRE(world.verdicts.size() == 1);
    CHECK(state_of(world.verdicts[0]) == PublishState::accepted);
    world.pool.publish(reply, {}, world.now + 10min);
    world.say_ok(reply, false, "blocked: no");
    CHECK(world.sent("EVENT").size() == 1);
    CHECK(world.verdicts.size() == 1);
}

TEST_CASE("an event that no relay took times out when it expires, and an unknown relay at once")
{
    World world;
    world.start();
    const Event reply = world.event(kind::gift_wrap, 1'790'000'000);
    world.pool.publish(reply, {"wss://elsewhere.example"}, world.now + 1min);
    world.settle();
    REQUIRE(world.verdicts.size() == 1);
    CHECK(state_of(world.verdicts[0]) == PublishState::timed_out);
    world.pool.publish(reply, {}, world.now + 1min);
    world.advance(59s);
    CHECK(world.verdicts.size() == 1);
    world.advance(2s);
    REQUIRE(world.verdicts.size() == 2);
    CHECK(state_of(world.verdicts[1]) == PublishState::timed_out);
}

TEST_CASE("a relay that never says OK is asked five times with the same bytes")
{
    World world;
    world.start();
    world.open();
    world.pool.publish(world.event(kind::gift_wrap, 1'790'000'000), {}, world.now + 1h);
    world.live(10min);
    const std::vector<Json> sent = world.sent("EVENT");
    CHECK(sent.size() == 5);
    CHECK(sent.front() == sent.back());
    REQUIRE(world.verdicts.size() == 1);
    CHECK(state_of(world.verdicts[0]) == PublishState::timed_out);
}

TEST_CASE("refusals are final, duplicate is success, and rate-limited is tried again after 30 s")
{
    const std::vector<std::pair<std::string, PublishState>> finals{
        {"blocked: x", PublishState::refused},     {"invalid: x", PublishState::refused},
        {"pow: 28 bits", PublishState::refused},   {"replaced: x", PublishState::refused},
        {"deleted: x", PublishState::refused},     {"unsupported: x", PublishState::refused},
        {"mute: nobody", PublishState::timed_out}, {"duplicate: x", PublishState::accepted}};
    for (const auto& each : finals) {
        const std::string text = each.first;
        const auto expected = each.second;
        CAPTURE(text);
        World world;
        world.start();
        world.open();
        const Event event = world.event(kind::offer, 1'790'000'000);
        world.pool.publish(event, {}, world.now + 1h);
        world.settle();
        world.say_ok(event, false, text);
        REQUIRE(world.verdicts.size() == 1);
        CHECK(state_of(world.verdicts[0]) == expected);
    }
    World world;
    world.start();
    world.open();
    const Event reply = world.event(kind::gift_wrap, 1'790'000'000);
    world.pool.publish(reply, {}, world.now + 1h);
    world.settle();
    world.say_ok(reply, false, "rate-limited: slow down");
    world.advance(29s);
    CHECK(world.sent("EVENT").size() == 1);
    world.advance(2s);
    CHECK(world.sent("EVENT").size() == 2);
}

TEST_CASE("an event refused with auth-required is sent once more after AUTH, with or without its OK")
{
    for (const bool acknowledges : {true, false}) {
        CAPTURE(acknowledges);
        World world;
        world.start();
        world.open();
        const Event reply = world.event(kind::gift_wrap, 1'790'000'000);
        world.pool.publish(reply, {}, world.now + 1h);
        world.settle();
        world.say_ok(reply, false, "auth-required: who are you");
        world.say("[\"AUTH\",\"challenge\"]");
        REQUIRE(world.sent("AUTH").size() == 1);
        CHECK(world.sent("EVENT").size() == 1);
        if (acknowledges)
            world.say("[\"OK\",\"" + world.sent("AUTH")[0][1]["id"].get<std::string>() + "\",true,\"\"]");
        else
            world.advance(5s);
        CHECK(world.sent("EVENT").size() == 2);
        world.say_ok(reply, false, "auth-required: still");
        REQUIRE(world.verdicts.size() == 1);
        CHECK(state_of(world.verdicts[0]) == PublishState::refused);
    }
}

TEST_CASE("beats and offers are paced, replies are not")
{
    World world;
    world.start();
    world.open();
    for (int number = 0; number < 20; ++number)
        world.pool.publish(world.event(kind::heartbeat, 1'790'000'000 + number), {}, world.now + 5s);
    world.settle();
    CHECK(world.sent("EVENT").size() == 10);
    for (int number = 0; number < 50; ++number)
        world.pool.publish(world.event(kind::gift_wrap, 1'790'000'000 + number), {}, world.now + 1h);
    world.settle();
    CHECK(world.sent("EVENT").size() == 60);
}

TEST_CASE("an OK for an event that was never sent counts for nothing")
{
    World world;
    world.start();
    const Event reply = world.event(kind::gift_wrap, 1'790'000'000);
    world.open();
    world.say_ok(reply, true, "");
    CHECK(world.verdicts.empty());
}
