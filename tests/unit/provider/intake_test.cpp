#include "provider/intake.h"

#include "support/counting_bytes.h"
#include "support/fake_sockets.h"
#include "util/hex.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace berth::provider {
namespace {

using namespace std::chrono_literals;

constexpr const char* kRelay = "wss://a.example";
constexpr int kStrangersHeard = 1000;

nostr::SecretKey key_of(uint16_t number)
{
    Bytes32 bytes{};
    bytes[30] = static_cast<uint8_t>(number >> 8);
    bytes[31] = static_cast<uint8_t>(number & 0xff);
    return nostr::SecretKey::create(bytes).value();
}

/// An intake over real rows; the test says who has a lease.
struct World {
    World()
    {
        REQUIRE(order_rows.migrate().has_value());
        REQUIRE(relay_rows.migrate().has_value());
    }
    /// Whether a request for a status reaches the desk.
    bool hears(const nostr::SecretKey& sender)
    {
        const auto made = nostr::make_direct_message({.receiver = nostr::PublicKey::of(options.key),
                                                      .text = fmt::format(R"({{"pod_id":"{}"}})", ++asked_for),
                                                      .rumor_time = unix_seconds(now),
                                                      .event_time = unix_seconds(now)},
                                                     sender, random);
        return intake.take(made.value().event, kRelay, now).has_value();
    }

    /// How many were refused with an answer: those that are served are none of the intake's answers.
    int64_t refusals()
    {
        db::Statement query = database.prepare("SELECT count(*) FROM request");
        REQUIRE(query.step().value());
        return query.integer(0);
    }

    int asked_for = 1000; ///< each message is another one
    UnixTime now = from_unix_seconds(1'790'000'000);
    crypto::CountingBytes random;
    Options options{.key = key_of(1), .relays = {kRelay}};
    db::Database database = db::Database::open({.path = ":memory:"}).value();
    OrderStore order_rows{database};
    RelayStore relay_rows{database};
    FailureSink failures;
    test::FakeSockets sockets;
    nostr::relay::Pool pool{sockets, random, {.relays = options.relays}, {}};
    Replies replies{options, relay_rows, pool, random, failures};
    std::set<std::string> owners;
    Intake intake{{.options = options,
                   .orders = order_rows,
                   .replies = replies,
                   .failures = failures,
                   .has_lease = [this](const std::string& sender) { return owners.contains(sender); }}};
};

} // namespace

TEST_CASE("a crowd of strangers is heard up to a bound, and keeps nobody waiting who has a lease")
{
    World world;
    for (uint16_t i = 0; i < kStrangersHeard; ++i)
        REQUIRE(world.hears(key_of(static_cast<uint16_t>(1000 + i))));
    const nostr::SecretKey customer = key_of(2);
    CHECK(!world.hears(customer));
    world.owners.insert(nostr::PublicKey::of(customer).hex());
    CHECK(world.hears(customer));
    world.now += 1s;
    CHECK(world.hears(key_of(3)));
}

TEST_CASE("a lease does not lift its owner's own bound")
{
    World world;
    const nostr::SecretKey customer = key_of(2);
    world.owners.insert(nostr::PublicKey::of(customer).hex());
    int heard = 0;
    while (heard < kStrangersHeard && world.hears(customer))
        ++heard;
    CHECK(heard >= 50);
    CHECK(heard < 100);
    CHECK(world.hears(key_of(3)));
}

TEST_CASE("whoever writes is answered the same way")
{
    World world;
    const nostr::SecretKey customer = key_of(2);
    for (const auto transport : {nostr::Transport::nip04, nostr::Transport::kind4_nip44, nostr::Transport::nip17}) {
        const auto asked = nostr::make_direct_message({.transport = transport,
                                                       .receiver = nostr::PublicKey::of(world.options.key),
                                                       .text = "what",
                                                       .rumor_time = unix_seconds(world.now),
                                                       .event_time = unix_seconds(world.now)},
                                                      customer, world.random);
        CHECK(!world.intake.take(asked->event, kRelay, world.now));
        const auto answers = world.relay_rows.load_outbox(world.now).value();
        REQUIRE(!answers.empty());
        const bool is_answered = std::any_of(answers.begin(), answers.end(), [&](const OutboxMessage& answer) {
            const auto read = nostr::open_direct_message(answer.event, customer, unix_seconds(world.now));
            return read && read->transport == transport && read->in_reply_to == encode_hex(asked->message_id);
        });
        CHECK(is_answered);
    }
}

TEST_CASE("who sends too much is told so, every ten seconds at most, and a crowd not each")
{
    World world;
    const nostr::SecretKey customer = key_of(2);
    while (world.hears(customer)) {
    }
    CHECK(world.refusals() == 1);
    for (int i = 0; i < 10; ++i)
        (void)world.hears(customer);
    CHECK(world.refusals() == 1);
    world.now += 10s;
    while (world.hears(customer)) {
    }
    CHECK(world.refusals() == 2);
    for (uint16_t i = 0; i < kStrangersHeard + 100; ++i)
        (void)world.hears(key_of(static_cast<uint16_t>(1000 + i)));
    CHECK(world.refusals() > 2);
    CHECK(world.refusals() < 30);
}

} // namespace berth::provider
