#include "provider/replies.h"

#include "support/counting_bytes.h"
#include "support/fake_sockets.h"

#include <doctest/doctest.h>

namespace berth::provider {

TEST_CASE("an answer is kept until a relay of its request has it, and no longer")
{
    const UnixTime now = from_unix_seconds(1'790'000'000);
    const nostr::SecretKey consumer = nostr::SecretKey::create(Bytes32{2}).value();
    const Options options{.key = nostr::SecretKey::create(Bytes32{1}).value(), .relays = {"wss://a.example"}};
    crypto::CountingBytes random;
    db::Database database = db::Database::open({.path = ":memory:"}).value();
    RelayStore rows{database};
    REQUIRE(rows.migrate().has_value());
    FailureSink failures;
    test::FakeSockets sockets;
    nostr::relay::Pool pool{sockets, random, {.relays = options.relays}, {}};
    Replies replies{options, rows, pool, random, failures};
    const auto kept = [&] {
        db::Statement query = database.prepare("SELECT count(*) FROM outbox");
        REQUIRE(query.step().has_value());
        return query.integer(0);
    };

    replies.answer({.message_id = Bytes32{9},
                    .transport = nostr::Transport::nip17,
                    .sender = nostr::PublicKey::of(consumer).hex(),
                    .created_at = unix_seconds(now),
                    .relays = {"wss://a.example"}},
                   "{}", now);
    const auto waiting = rows.load_outbox(now).value();
    REQUIRE(waiting.size() == 1);
    const nostr::EventId id = waiting.front().event.id;
    replies.on_published(id, "wss://a.example", nostr::relay::PublishState::refused);
    replies.on_published(id, "wss://b.example", nostr::relay::PublishState::accepted);
    CHECK(kept() == 1);
    replies.on_published(id, "wss://a.example", nostr::relay::PublishState::accepted);
    CHECK(kept() == 0);
    CHECK(!failures.first());
}

} // namespace berth::provider
