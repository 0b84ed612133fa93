#pragma once
// The relay without sockets, for its tests: clients by number, frames as text, time as a member.

#include "local/relay_core.h"
#include "util/json.h"

#include <doctest/doctest.h>

namespace berth::local {

struct RelayWorld {
    explicit RelayWorld(RelayPolicy policy = {}, RelayLimits limits = {})
        : store{*RelayStore::create(database, limits.stored_events_max)}, core{store, random, limits, std::move(policy)}
    {
        for (ClientId client : {1u, 2u})
            core.open(client, Peer{.address = "203.0.113.9", .host = "relay.example:7777"}, now);
        greetings = core.take_replies();
    }

    /// What the relay says after one frame; texts only, in order, to this client.
    std::vector<Json> say(ClientId client, const std::string& frame)
    {
        REQUIRE(core.feed(client, frame, now));
        last = core.take_replies();
        return heard_by(client);
    }
    std::vector<Json> heard_by(ClientId client) const
    {
        std::vector<Json> heard;
        for (const RelayReply& reply : last)
            if (reply.client == client)
                heard.push_back(*parse_json(reply.text));
        return heard;
    }
    std::vector<Json> publish(ClientId client, const nostr::Event& event)
    {
        return say(client, "[\"EVENT\"," + nostr::encode_event(event) + "]");
    }
    nostr::Event sign(nostr::Draft draft, const nostr::SecretKey& key)
    {
        if (draft.created_at == 0)
            draft.created_at = unix_seconds(now);
        return nostr::sign_event(std::move(draft), key, random);
    }
    nostr::Event auth(const nostr::SecretKey& key, const std::string& url, const std::string& challenge)
    {
        return sign({.kind = 22242, .tags = {{"relay", url}, {"challenge", challenge}}, .content = {}}, key);
    }

    UnixTime now = from_unix_seconds(1'790'000'000);
    crypto::SystemRandom random;
    db::Database database = *db::Database::open(db::OpenOptions{.path = ":memory:"});
    RelayStore store;
    RelayCore core;
    std::vector<RelayReply> greetings;
    std::vector<RelayReply> last;
    nostr::SecretKey alice = crypto::Scalar::random(random);
    nostr::SecretKey bob = crypto::Scalar::random(random);
};

} // namespace berth::local
