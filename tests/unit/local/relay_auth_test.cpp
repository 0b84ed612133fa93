#include "relay_world.h"

using namespace berth;
using namespace berth::local;

namespace {

const char* const kUrl = "ws://relay.example:7777";

struct PrivateWorld : RelayWorld {
    PrivateWorld() : RelayWorld{RelayPolicy{.message_readers = MessageReaders::parties}}
    {
        REQUIRE(greetings.size() == 2);
        for (const RelayReply& greeting : greetings)
            challenges[greeting.client] = (*parse_json(greeting.text))[1].get<std::string>();
    }
    Json authenticate(ClientId client, const nostr::Event& event)
    {
        return say(client, "[\"AUTH\"," + nostr::encode_event(event) + "]").back();
    }
    std::map<ClientId, std::string> challenges;
};

nostr::Draft message_to(const nostr::SecretKey& receiver)
{
    return {.kind = 4, .tags = {{"p", nostr::PublicKey::of(receiver).hex()}}, .content = "secret"};
}

} // namespace

TEST_CASE("by default anybody may read messages and nobody is challenged")
{
    RelayWorld world;
    CHECK(world.greetings.empty());
    world.publish(1, world.sign(message_to(world.bob), world.alice));
    CHECK(world.say(2, R"(["REQ","s",{"kinds":[4]}])").size() == 2);
}

TEST_CASE("a stranger who names private kinds gets a challenge and CLOSED, also when he names others beside them")
{
    PrivateWorld world;
    for (const char* kinds : {"[4]", "[1,1059]", "[21059]"}) {
        const auto heard = world.say(1, fmt::format(R"(["REQ","s",{{"kinds":{}}}])", kinds));
        REQUIRE(heard.size() == 2);
        CHECK(heard[0] == Json::array({"AUTH", world.challenges[1]}));
        CHECK(heard[1][0] == "CLOSED");
        CHECK(heard[1][2].get<std::string>().rfind("auth-required:", 0) == 0);
    }
    CHECK(world.say(1, R"(["REQ","s",{"kinds":[1]}])")[0][0] == "EOSE");
}

TEST_CASE("an authenticated key reads its own messages, stored and live, and nobody else's")
{
    PrivateWorld world;
    CHECK(world.authenticate(1, world.auth(world.bob, kUrl, world.challenges[1]))[2] == true);
    world.publish(2, world.sign(message_to(world.bob), world.alice));
    world.publish(2, world.sign(message_to(world.alice), world.alice));
    const auto stored = world.say(1, R"(["REQ","s",{"kinds":[4]}])");
    CHECK(stored.size() == 2);
    nostr::Draft later = message_to(world.bob);
    later.content = "again";
    world.publish(2, world.sign(later, world.alice));
    CHECK(world.heard_by(1).size() == 1);
    nostr::Draft foreign = message_to(world.alice);
    foreign.content = "not for bob";
    world.publish(2, world.sign(foreign, world.alice));
    CHECK(world.heard_by(1).empty());
}

TEST_CASE("AUTH fails for another challenge, another relay, a stale time, another kind")
{
    PrivateWorld world;
    const std::string challenge = world.challenges[1];
    CHECK(world.authenticate(1, world.auth(world.bob, kUrl, world.challenges[2]))[2] == false);
    CHECK(world.authenticate(1, world.auth(world.bob, "ws://evil.example", challenge))[2] == false);
    CHECK(world.authenticate(1, world.sign({.kind = 1, .tags = {}, .content = {}}, world.bob))[2] == false);
    const nostr::Event stale = world.auth(world.bob, kUrl, challenge);
    world.now += std::chrono::seconds{601};
    CHECK(world.authenticate(1, stale)[2] == false);
    CHECK(world.authenticate(1, world.auth(world.bob, "ws://Relay.Example:7777/", challenge))[2] == true);
}

TEST_CASE("an AUTH event is neither stored nor broadcast when it comes as EVENT")
{
    PrivateWorld world;
    const auto heard = world.publish(1, world.auth(world.bob, kUrl, world.challenges[1]));
    CHECK(heard[0][2] == false);
    CHECK(world.store.size() == 0);
}

TEST_CASE("a protected event is taken from its authenticated author only")
{
    PrivateWorld world;
    const auto event = world.sign({.kind = 1, .tags = {{"-"}}, .content = "mine"}, world.bob);
    CHECK(world.publish(1, event).back()[3].get<std::string>().rfind("auth-required:", 0) == 0);
    world.authenticate(1, world.auth(world.alice, kUrl, world.challenges[1]));
    CHECK(world.publish(1, event).back()[3].get<std::string>().rfind("restricted:", 0) == 0);
    world.authenticate(1, world.auth(world.bob, kUrl, world.challenges[1]));
    CHECK(world.publish(1, event).back()[2] == true);
}
