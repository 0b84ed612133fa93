#pragma once
// Scripted relays behind a fake net::Sockets, and a pool on a clock that the test turns by hand.

#include "nostr/relay/pool.h"
#include "support/fake_sockets.h"
#include "util/hex.h"
#include "util/json.h"

#include <doctest/doctest.h>

#include <deque>
#include <tuple>

namespace berth::nostr::relay::test {

using namespace std::chrono_literals;

inline const std::string kA = "wss://a.example";
inline const std::string kB = "wss://b.example";
inline constexpr int64_t kStartSeconds = 1'790'000'000;
inline const UnixTime kStart = from_unix_seconds(kStartSeconds);

inline std::string eose(const std::string& request)
{
    return "[\"EOSE\",\"" + request + "\"]";
}

inline std::string closed(const std::string& request, const std::string& text)
{
    return "[\"CLOSED\",\"" + request + "\",\"" + text + "\"]";
}

/// Deterministic, and good enough for keys and jitter.
class CountingRandom final : public crypto::Random {
public:
    void fill(std::span<uint8_t> out) override
    {
        for (uint8_t& byte : out) {
            state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
            byte = static_cast<uint8_t>(state_ >> 56);
        }
    }

private:
    uint64_t state_ = 7;
};

using berth::test::FakeSockets;

struct World {
    using Published = std::tuple<EventId, std::string, PublishState, std::string>;

    explicit World(std::vector<std::string> relays = {"wss://a.example"}, bool with_key = true)
        : pool{sockets, random, options(std::move(relays), with_key), handlers()}
    {
    }

    PoolOptions options(std::vector<std::string> relays, bool with_key)
    {
        PoolOptions made;
        made.relays = std::move(relays);
        if (with_key)
            made.auth_key = key();
        return made;
    }
    SecretKey key()
    {
        const Result<SecretKey> parsed = parse_secret_key(std::string(63, '0') + "3");
        REQUIRE(parsed.has_value());
        return *parsed;
    }
    Pool::Handlers handlers()
    {
        Pool::Handlers made;
        made.on_event = [this](const std::string&, const std::string& relay, const Event& event) {
            events.emplace_back(relay, event.id);
        };
        made.on_also_seen = [this](const std::string& relay, const EventId& id) { also.emplace_back(relay, id); };
        made.on_stored_end = [this](const std::string&, const std::string& relay) { ends.push_back(relay); };
        made.on_published = [this](const EventId& id, const std::string& relay, PublishState state,
                                   const std::string& text) { verdicts.emplace_back(id, relay, state, text); };
        made.on_cursor = [this](const Cursor& cursor) { cursors.push_back(cursor); };
        return made;
    }

    Event event(Kind event_kind, int64_t created_at, const std::string& content = "x")
    {
        const Draft draft{.created_at = created_at, .kind = event_kind, .tags = {{"p", "ab"}}, .content = content};
        return sign_event(draft, key(), random);
    }
    static Subscription wraps()
    {
        Subscription made;
        made.name = "gw";
        made.filter.kinds = {kind::gift_wrap};
        made.window = std::chrono::seconds{180'000};
        return made;
    }

    void settle()
    {
        for (int round = 0; round < 1'000 && pool.next_due() <= now; ++round)
            pool.tick(now);
    }
    void advance(std::chrono::milliseconds span)
    {
        const UnixTime end = now + span;
        settle();
        while (pool.next_due() <= end) {
            now = std::max(now, pool.next_due());
            settle();
        }
        now = end;
        pool.tick(now);
        settle();
    }
    /// As advance, with a PONG from the relay each 25 s.
    void live(std::chrono::milliseconds span, const std::string& url = "wss://a.example")
    {
        for (auto left = span; left > 0ms; left -= 25s) {
            advance(std::min<std::chrono::milliseconds>(left, 25s));
            pool.handle(net::SocketAlive{sockets.latest.at(url)}, now);
        }
        settle();
    }
    void start()
    {
        pool.start(now);
        advance(2s);
    }
    void open(const std::string& url = "wss://a.example")
    {
        pool.handle(net::SocketOpened{sockets.latest.at(url), ""}, now);
        settle();
    }
    void drop(const std::string& url = "wss://a.example", int http_status = 0, const std::string& retry_after = "")
    {
        pool.handle(net::SocketClosed{sockets.latest.at(url), "gone", http_status, retry_after}, now);
        settle();
    }
    void feed(const std::string& text, const std::string& url = "wss://a.example")
    {
        pool.handle(net::SocketText{sockets.latest.at(url), text}, now);
    }
    void say(const std::string& text, const std::string& url = "wss://a.example")
    {
        feed(text, url);
        settle();
    }
    void say_event(const std::string& request, const Event& event, const std::string& url = "wss://a.example")
    {
        say("[\"EVENT\",\"" + request + "\"," + encode_event(event) + "]", url);
    }
    void say_ok(const Event& event, bool accepted, const std::string& text, const std::string& url = "wss://a.example")
    {
        say("[\"OK\",\"" + event.id_hex() + "\"," + (accepted ? "true" : "false") + ",\"" + text + "\"]", url);
    }

    /// What was sent with this verb, parsed.
    std::vector<Json> sent(const std::string& verb, const std::string& url = "wss://a.example")
    {
        std::vector<Json> found;
        for (const std::string& text : sockets.sent[url]) {
            Result<Json> frame = parse_json(text);
            REQUIRE(frame.has_value());
            if ((*frame)[0] == verb)
                found.push_back(*std::move(frame));
        }
        return found;
    }
    std::string last_request(const std::string& url = "wss://a.example")
    {
        const std::vector<Json> requests = sent("REQ", url);
        REQUIRE(!requests.empty());
        return requests.back()[1].get<std::string>();
    }
    Json last_filter() { return sent("REQ").back()[2]; }

    UnixTime now = kStart;
    CountingRandom random;
    FakeSockets sockets;
    std::vector<std::pair<std::string, EventId>> events;
    std::vector<std::pair<std::string, EventId>> also;
    std::vector<std::string> ends;
    std::vector<Published> verdicts;
    std::vector<Cursor> cursors;
    Pool pool;
};

} // namespace berth::nostr::relay::test
