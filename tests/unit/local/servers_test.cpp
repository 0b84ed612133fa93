// Both servers on real loopback sockets.

#include "local/mint_server.h"
#include "local/practice_client.h"
#include "local/relay_server.h"
#include "nostr/event.h"
#include "util/inbox.h"
#include "util/json.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

using namespace berth;
using namespace berth::local;

namespace {

/// A WebSocket client whose frames can be waited for. Outlives the net thread, which tells it of its end.
struct Client {
    explicit Client(net::SocketId socket) : id{socket} {}
    void connect(net::NetThread& net, const std::string& url)
    {
        sockets = net.make_client([this](net::SocketEvent&& event) { return inbox.put(std::move(event)); });
        sockets->connect(id, url);
    }
    void send(std::string text) { sockets->send_text(id, std::move(text)); }
    /// The next text frame, within ten seconds.
    Json next()
    {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
        while (frames.empty() && std::chrono::steady_clock::now() < deadline)
            for (net::SocketEvent& event : inbox.take_all(deadline))
                if (auto* text = std::get_if<net::SocketText>(&event))
                    frames.push_back(*parse_json(text->text));
                else if (std::holds_alternative<net::SocketOpened>(event))
                    frames.push_back("opened");
        REQUIRE_FALSE(frames.empty());
        Json frame = frames.front();
        frames.erase(frames.begin());
        return frame;
    }

    const net::SocketId id;
    Inbox<net::SocketEvent> inbox{1024};
    std::vector<Json> frames;
    std::unique_ptr<net::Sockets> sockets;
};

} // namespace

TEST_CASE("the relay serves events over a real socket and its document over HTTP")
{
    Client writer{1};
    Client reader{2};
    auto net = net::NetThread::create({});
    REQUIRE(net);
    auto relay = RelayServer::create({}, **net);
    REQUIRE(relay);
    crypto::SystemRandom random;
    const nostr::SecretKey key = crypto::Scalar::random(random);
    const nostr::Event event = nostr::sign_event({unix_seconds(wall_clock_now()), 1, {}, "over the wire"}, key, random);

    writer.connect(**net, (*relay)->url());
    REQUIRE(writer.next() == "opened");
    reader.connect(**net, (*relay)->url());
    REQUIRE(reader.next() == "opened");
    reader.send(R"(["REQ","s",{"kinds":[1]}])");
    CHECK(reader.next()[0] == "EOSE");
    writer.send("[\"EVENT\"," + nostr::encode_event(event) + "]");
    CHECK(writer.next()[2] == true);
    CHECK(reader.next()[2]["content"] == "over the wire");

    net::HttpClient http;
    net::HttpRequest request;
    request.url = fmt::format("http://127.0.0.1:{}/", (*relay)->port());
    request.headers = {{"accept", "application/nostr+json"}};
    const net::HttpResult document = http.send(request);
    REQUIRE(document);
    CHECK(document->status == 200);
    CHECK((*parse_json(document->body))["supported_nips"][0] == 1);
}

TEST_CASE("a token drawn from the mint over HTTP redeems once")
{
    auto net = net::NetThread::create({});
    REQUIRE(net);
    MintServerOptions options;
    options.mint.input_fee_ppk = 100;
    auto mint = MintServer::create(options, **net);
    REQUIRE(mint);
    net::HttpClient http;
    const Result<std::string> token = mint_token(http, (*mint)->url(), 100);
    REQUIRE(token);
    const Result<cashu::Amount> redeemed = redeem_token(http, (*mint)->url(), *token);
    REQUIRE(redeemed);
    CHECK(*redeemed == 99);
    const Result<cashu::Amount> again = redeem_token(http, (*mint)->url(), *token);
    REQUIRE_FALSE(again);
    CHECK(again.error().message.find("11001") != std::string::npos);

    (*mint)->control([](PracticeMint& practice) { practice.arm(MintFault::internal_error, "/v1/keys"); });
    CHECK_FALSE(mint_token(http, (*mint)->url(), 1));
    CHECK(mint_token(http, (*mint)->url(), 1));
}

TEST_CASE("swaps that each take a while take that while together")
{
    auto net = net::NetThread::create({});
    REQUIRE(net);
    MintServerOptions options;
    options.swap_delay = std::chrono::milliseconds{500};
    auto mint = MintServer::create(options, **net);
    REQUIRE(mint);
    constexpr size_t kSwaps = 8;
    net::HttpClient http;
    std::vector<std::string> tokens;
    for (size_t i = 0; i < kSwaps; ++i)
        tokens.push_back(*mint_token(http, (*mint)->url(), 1));
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::thread> wallets;
    std::atomic<size_t> redeemed = 0;
    for (const std::string& token : tokens)
        wallets.emplace_back([&redeemed, &token, &mint] {
            net::HttpClient own_http;
            if (redeem_token(own_http, (*mint)->url(), token))
                ++redeemed;
        });
    for (std::thread& wallet : wallets)
        wallet.join();
    const auto taken = std::chrono::steady_clock::now() - begin;
    CHECK(redeemed == kSwaps);
    CHECK(taken >= options.swap_delay);
    CHECK(taken < options.swap_delay * (kSwaps / 2));
}
