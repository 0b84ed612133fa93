#include "provider/lost_keys.h"

#include "support/counting_bytes.h"
#include "support/fake_sockets.h"
#include "support/recording_jobs.h"
#include "util/base64.h"
#include "util/json.h"

#include <doctest/doctest.h>

namespace berth::provider {
namespace {

using namespace std::chrono_literals;
using nostr::relay::Pool;

constexpr const char* kA = "wss://a.example";
constexpr const char* kB = "wss://b.example";
constexpr const char* kLease = "0123456789abcdef";
constexpr Bytes32 kOrder{7};

nostr::SecretKey key_of(uint8_t number)
{
    Bytes32 bytes{};
    bytes.back() = number;
    return nostr::SecretKey::create(bytes).value();
}

Bytes volume_key(uint8_t filling)
{
    return Bytes(luks::kVolumeKeyBytes, filling);
}

std::string spawn_text(uint8_t filling)
{
    return dump_json(
        Json{{"cashu_token", "cashuBany"},
             {"pod_image", "reg.example/image"},
             {"ssh_username", "user"},
             {"ssh_password", "Password12345"},
             {"volume_encryption",
              {{"version", 1}, {"algorithm", kVolumeAlgorithm}, {"key_b64", encode_base64(volume_key(filling))}}}});
}

/// A paid lease whose key died with an earlier process; the Engine and two relays are played by the test.
struct World {
    explicit World(bool with_event = true) : request{message(consumer, spawn_text(1))}
    {
        REQUIRE(order_rows.migrate().has_value());
        REQUIRE(lease_rows.migrate().has_value());
        const std::string owner = nostr::PublicKey::of(consumer).hex();
        Lease lease{.id = kLease, .state = LeaseState::provisioning, .owner = owner, .duration = 1h};
        lease.workload = {.number = 1000, .lease = kLease, .data_path = "/data", .encrypted = true};
        REQUIRE(lease_rows.insert(lease).has_value());
        REQUIRE(order_rows.place({.key = kOrder, .owner = owner, .lease = kLease, .redemption = 1}).has_value());
        RequestOrigin origin{.message_id = Bytes32{9}, .transport = nostr::Transport::nip17, .sender = owner};
        if (with_event)
            origin.event = request.id;
        REQUIRE(order_rows.insert_request(origin, kOrder, now).has_value());
        leases.load(UnixTime{});
        pool.start(now);
        advance(2s);
        for (const char* url : {kA, kB})
            pool.handle(net::SocketOpened{sockets.latest.at(url), ""}, now);
        fail_to_create();
        advance(0s);
    }

    /// The Engine's side: the lease is to be made, and there is no key for its volume.
    void fail_to_create()
    {
        leases.drive(now);
        REQUIRE(runner.take<CreateJob>().size() == 1);
        leases.handle(WorkloadCreated{kLease, fail(Errc::refused, "no key"), true}, now);
    }
    nostr::Event message(const nostr::SecretKey& from, const std::string& text)
    {
        return nostr::make_direct_message({.transport = nostr::Transport::nip17,
                                           .receiver = nostr::PublicKey::of(options.key),
                                           .text = text,
                                           .rumor_time = unix_seconds(now),
                                           .event_time = unix_seconds(now)},
                                          from, random)
            .value()
            .event;
    }
    void advance(std::chrono::seconds span)
    {
        now += span;
        for (int round = 0; round < 100 && pool.next_due() <= now; ++round)
            pool.tick(now);
        lost_keys.tick(now);
    }
    /// Frames with this verb that a relay was sent.
    std::vector<Json> sent(const std::string& verb, const char* url)
    {
        std::vector<Json> found;
        for (const std::string& text : sockets.sent[url])
            if (Json frame = parse_json(text).value(); frame[0] == verb)
                found.push_back(std::move(frame));
        return found;
    }
    void say(const char* url, const std::string& verb, const std::string& more = "")
    {
        const std::string name = sent("REQ", url).at(0)[1].get<std::string>();
        pool.handle(net::SocketText{sockets.latest.at(url), "[\"" + verb + "\",\"" + name + "\"" + more + "]"}, now);
    }
    void say_event(const char* url) { say(url, "EVENT", "," + nostr::encode_event(request)); }
    /// What a request names its search; a stranger's event may come under it.
    bool take(const nostr::Event& event) { return lost_keys.take(std::string{"key:"} + kLease, event, now); }

    /// The key that the lease is to be made with now; empty while there is nothing to do.
    Bytes key_in_use()
    {
        leases.drive(now);
        const auto jobs = runner.take<CreateJob>();
        if (jobs.empty() || !jobs.front().key)
            return {};
        const ByteView key = jobs.front().key->expose();
        return {key.begin(), key.end()};
    }

    UnixTime now = from_unix_seconds(1'790'000'000);
    crypto::CountingBytes random;
    const nostr::SecretKey consumer = key_of(2);
    Options options{.key = key_of(1), .relays = {kA, kB}};
    nostr::Event request;
    db::Database database = db::Database::open({.path = ":memory:"}).value();
    LeaseStore lease_rows{database};
    OrderStore order_rows{database};
    FailureSink failures;
    test::RecordingJobs runner;
    test::FakeSockets sockets;
    std::vector<std::string> failed;
    Pool pool{sockets,
              random,
              {.relays = options.relays},
              {.on_event = [this](const std::string& subscription, const std::string&,
                                  const nostr::Event& event) { CHECK(lost_keys.take(subscription, event, now)); },
               .on_also_seen = [](const std::string&, const nostr::EventId&) {},
               .on_stored_end = [this](const std::string& subscription,
                                       const std::string& relay) { lost_keys.on_stored_end(subscription, relay); },
               .on_published = {},
               .on_cursor = {}}};
    Leases leases{options,
                  lease_rows,
                  runner,
                  random,
                  failures,
                  {.on_running = {},
                   .on_failed = [this](const Lease& lease, const Error&) { failed.push_back(lease.id); },
                   .on_key_needed = [this](const Lease& lease) { lost_keys.look_for(lease, now); },
                   .on_locked = {},
                   .on_lost = {},
                   .on_expiring = {},
                   .on_crash_looping = {}}};
    LostKeys lost_keys{
        {.options = options, .orders = order_rows, .leases = leases, .pool = pool, .failures = failures}};
};

} // namespace

TEST_CASE("every relay is asked for the very event that brought the key, and the first that has it ends the search")
{
    World world;
    for (const char* url : {kA, kB}) {
        const auto requests = world.sent("REQ", url);
        REQUIRE(requests.size() == 1);
        const Json& filter = requests[0][2];
        CHECK(filter["ids"] == Json{world.request.id_hex()});
        CHECK(filter["kinds"] == Json{4, 1059});
        CHECK(filter["#p"] == Json{nostr::PublicKey::of(world.options.key).hex()});
    }
    CHECK(world.key_in_use().empty());
    world.say_event(kB);
    world.advance(0s);
    CHECK(world.key_in_use() == volume_key(1));
    CHECK(world.sent("CLOSE", kA).size() == 1);
    CHECK(world.sent("CLOSE", kB).size() == 1);
    CHECK(world.lost_keys.next_due() == UnixTime::max());
    world.advance(60s);
    CHECK(world.failed.empty());
}

TEST_CASE("a key whose relay says in the same breath that this is all is found all the same")
{
    World world;
    world.say(kA, "EOSE");
    world.say_event(kB);
    world.say(kB, "EOSE");
    world.advance(0s);
    CHECK(world.failed.empty());
    CHECK(world.key_in_use() == volume_key(1));
}

TEST_CASE("when every relay has said that it has nothing, the lease fails at once")
{
    World world;
    world.say(kA, "EOSE");
    world.advance(0s);
    CHECK(world.failed.empty());
    world.say(kB, "EOSE");
    world.advance(0s);
    CHECK(world.failed == std::vector<std::string>{kLease});
    CHECK(world.leases.find(kLease)->state == LeaseState::ending);
}

TEST_CASE("a relay that says nothing is waited for, but not longer than 30 s")
{
    World world;
    const UnixTime begun = world.now;
    CHECK(world.lost_keys.next_due() == begun + 30s);
    world.pool.handle(net::SocketClosed{world.sockets.latest.at(kB), "gone", 0, ""}, world.now);
    world.say(kA, "EOSE");
    world.advance(29s);
    CHECK(world.failed.empty());
    world.advance(1s);
    CHECK(world.failed.size() == 1);
    world.advance(60s);
    CHECK(world.failed.size() == 1);
    CHECK(world.lost_keys.next_due() == UnixTime::max());
    CHECK(world.take(world.request)); // it is ours all the same, and too late
    CHECK(world.key_in_use().empty());
}

TEST_CASE("only a spawn with a key, by the one who paid, brings a key")
{
    World world;
    CHECK(world.take(world.message(key_of(3), spawn_text(3))));
    CHECK(world.take(world.message(world.consumer, R"({"pod_id":"container-1000"})")));
    CHECK(world.take(world.message(world.consumer, "no request")));
    Json keyless = Json::parse(spawn_text(4));
    keyless["volume_encryption"]["key_b64"] = "short";
    CHECK(world.take(world.message(world.consumer, keyless.dump())));
    keyless.erase("volume_encryption");
    CHECK(world.take(world.message(world.consumer, keyless.dump())));
    CHECK(world.key_in_use().empty());
    CHECK(world.take(world.request));
    CHECK(world.key_in_use() == volume_key(1));
    CHECK(world.take(world.message(world.consumer, spawn_text(5)))); // the first one counts
    CHECK(world.key_in_use().empty());
    CHECK_FALSE(world.lost_keys.take("requests", world.request, world.now));
}

TEST_CASE("the same payment again brings the key, too; another one does not")
{
    World world;
    const Request again = parse_request(spawn_text(6)).value();
    world.lost_keys.take_again(Bytes32{8}, again, world.now);
    CHECK(world.key_in_use().empty());
    world.lost_keys.take_again(kOrder, again, world.now);
    CHECK(world.key_in_use() == volume_key(6));
    world.advance(60s);
    CHECK(world.failed.empty());
    CHECK_FALSE(world.failures.first().has_value());
}

TEST_CASE("a request whose event was not written down can't be asked for: the lease fails without a wait")
{
    World world{false};
    CHECK(world.sent("REQ", kA).empty());
    CHECK(world.failed.size() == 1);
}

} // namespace berth::provider
