#include "net/net_thread.h"

#include "unit/net/loopback.h"

#include <thread>

using namespace berth;
using namespace berth::net;
using berth::net::test::Loopback;

TEST_CASE("text comes back as it was sent, in both directions")
{
    Loopback loopback;
    const uint16_t port = loopback.serve();
    loopback.client->connect(1, fmt::format("ws://127.0.0.1:{}/path?query", port));
    loopback.client_events.next_as<SocketOpened>();
    const auto accepted = loopback.server_events.next_as<SocketAccepted>();
    CHECK(accepted->host == fmt::format("127.0.0.1:{}", port));
    CHECK(accepted->peer == "127.0.0.1");

    loopback.client->send_text(1, "hello");
    const auto heard = loopback.server_events.next_as<SocketText>();
    CHECK(heard->text == "hello");
    CHECK(heard->id == accepted->id);
    loopback.net->accepted().send_text(accepted->id, heard->text + " yourself");
    CHECK(loopback.client_events.next_as<SocketText>()->text == "hello yourself");
}

TEST_CASE("names resolve away from the service thread")
{
    Loopback loopback;
    const uint16_t port = loopback.serve();
    loopback.client->connect(1, fmt::format("ws://localhost:{}", port));
    loopback.client_events.next_as<SocketOpened>();
    CHECK(loopback.server_events.next_as<SocketAccepted>()->host == fmt::format("localhost:{}", port));
}

TEST_CASE("a message of 200 KiB arrives whole")
{
    Loopback loopback;
    const SocketId accepted = loopback.connect(1, loopback.serve());
    std::string text;
    for (int i = 0; text.size() < 200 * 1024; ++i)
        text += fmt::format("{} ", i);
    loopback.client->send_text(1, text);
    CHECK(loopback.server_events.next_as<SocketText>()->text == text);
    loopback.net->accepted().send_text(accepted, text);
    CHECK(loopback.client_events.next_as<SocketText>()->text == text);
}

TEST_CASE("a message beyond the cap closes the socket")
{
    Loopback loopback{{.frame_bytes_max = 1000}};
    const SocketId accepted = loopback.connect(1, loopback.serve());
    loopback.client->send_text(1, std::string(1000, 'a'));
    CHECK(loopback.server_events.next_as<SocketText>()->text.size() == 1000);
    loopback.client->send_text(1, std::string(1001, 'a'));
    const auto closed = loopback.server_events.next_as<SocketClosed>();
    CHECK(closed->id == accepted);
    CHECK(closed->reason == "message too large");
    CHECK(loopback.client_events.next_as<SocketClosed>()->reason.find("1009") != std::string::npos);
}

TEST_CASE("a server's message beyond the cap is left out, and its next one is read")
{
    Loopback loopback{{.frame_bytes_max = 1000}};
    const SocketId accepted = loopback.connect(1, loopback.serve());
    for (int round = 0; round < 2; ++round) {
        loopback.net->accepted().send_text(accepted, std::string(300'000, 'a'));
        loopback.net->accepted().send_text(accepted, "well");
        CHECK(loopback.client_events.next_as<SocketSkipped>()->bytes == 300'000);
        CHECK(loopback.client_events.next_as<SocketText>()->text == "well");
    }
}

TEST_CASE("a message far beyond the cap only closes the socket, whichever side sends it")
{
    Loopback loopback{{.frame_bytes_max = 100'000, .skipped_bytes_max = 1u << 20, .unsent_bytes_max = 8u << 20}};
    const std::string huge(4u << 20, 'a');
    const uint16_t port = loopback.serve();

    const SocketId first = loopback.connect(1, port);
    loopback.client->send_text(1, huge);
    CHECK(loopback.server_events.next_as<SocketClosed>()->reason == "message too large");
    CHECK(loopback.client_events.next_as<SocketClosed>().has_value());

    const SocketId second = loopback.connect(2, port);
    REQUIRE(second != first);
    loopback.net->accepted().send_text(second, huge);
    CHECK(loopback.client_events.next_as<SocketClosed>()->reason == "message too large");
    CHECK(loopback.server_events.next_as<SocketClosed>().has_value());

    const SocketId third = loopback.connect(3, port);
    loopback.net->accepted().send_text(third, "well");
    CHECK(loopback.client_events.next_as<SocketText>()->text == "well");
}

TEST_CASE("10000 messages arrive in order")
{
    Loopback loopback;
    loopback.connect(1, loopback.serve());
    for (int i = 0; i < 10'000; ++i)
        loopback.client->send_text(1, fmt::format("{}", i));
    for (int i = 0; i < 10'000; ++i)
        REQUIRE(loopback.server_events.next_as<SocketText>()->text == fmt::format("{}", i));
}

TEST_CASE("a full inbox loses nothing")
{
    Loopback loopback{{}, 3};
    const SocketId accepted = loopback.connect(1, loopback.serve());
    for (int i = 0; i < 2000; ++i)
        loopback.net->accepted().send_text(accepted, fmt::format("{} {}", i, std::string(500, 'x')));
    for (int i = 0; i < 2000; ++i)
        REQUIRE(loopback.client_events.next_as<SocketText>()->text.starts_with(fmt::format("{} ", i)));
}

TEST_CASE("a full inbox that is not read for a while loses nothing, and nothing waits for other traffic")
{
    Loopback loopback{{}, 1};
    const SocketId accepted = loopback.connect(1, loopback.serve());
    for (int i = 0; i < 5; ++i)
        loopback.net->accepted().send_text(accepted, fmt::format("{}", i));
    std::this_thread::sleep_for(std::chrono::milliseconds{200});
    for (int i = 0; i < 5; ++i)
        REQUIRE(loopback.client_events.next_as<SocketText>()->text == fmt::format("{}", i));
}

TEST_CASE("a socket that may not read keeps its messages for later")
{
    Loopback loopback;
    const SocketId accepted = loopback.connect(1, loopback.serve());
    loopback.client->set_reading(1, false);
    loopback.net->accepted().send_text(accepted, "later");
    CHECK_FALSE(loopback.client_events.next(std::chrono::milliseconds{200}).has_value());
    loopback.client->set_reading(1, true);
    CHECK(loopback.client_events.next_as<SocketText>()->text == "later");
}

TEST_CASE("a reader that never reads is cut once too much waits for it")
{
    Loopback loopback{{.unsent_bytes_max = 100'000}};
    const SocketId accepted = loopback.connect(1, loopback.serve());
    loopback.client->set_reading(1, false);
    for (int i = 0; i < 400; ++i)
        loopback.net->accepted().send_text(accepted, std::string(50'000, 'x'));
    const auto closed = loopback.server_events.next_as<SocketClosed>();
    CHECK(closed->id == accepted);
    CHECK(closed->reason == "slow reader");
}

TEST_CASE("close sends what waits, then ends both sides once")
{
    Loopback loopback;
    const SocketId accepted = loopback.connect(1, loopback.serve());
    loopback.client->send_text(1, "last words");
    loopback.client->close(1);
    loopback.client->close(1);
    loopback.client->send_text(1, "too late");
    CHECK(loopback.server_events.next_as<SocketText>()->text == "last words");
    CHECK(loopback.server_events.next_as<SocketClosed>()->id == accepted);
    CHECK(loopback.client_events.next_as<SocketClosed>()->id == 1);
    CHECK_FALSE(loopback.client_events.next(std::chrono::milliseconds{100}).has_value());
}

TEST_CASE("a refused connection ends at once")
{
    Loopback loopback;
    const auto start = test::steady_clock::now();
    loopback.client->connect(1, "ws://127.0.0.1:1/");
    CHECK(loopback.client_events.next_as<SocketClosed>()->id == 1);
    CHECK(test::steady_clock::now() - start < std::chrono::seconds{5});
}

TEST_CASE("what is no WebSocket URL is closed with a reason")
{
    Loopback loopback;
    loopback.client->connect(1, "https://127.0.0.1/");
    CHECK(loopback.client_events.next_as<SocketClosed>()->reason.find("ws://") != std::string::npos);
}

TEST_CASE("a wss:// URL is refused by a server without TLS")
{
    Loopback loopback;
    const uint16_t port = loopback.serve();
    loopback.client->connect(1, fmt::format("wss://127.0.0.1:{}/", port));
    CHECK(loopback.client_events.next_as<SocketClosed>()->id == 1);
}

TEST_CASE("a refused handshake tells its HTTP status")
{
    Loopback loopback;
    const Result<uint16_t> port = loopback.net->serve({});
    REQUIRE(port.has_value());
    loopback.client->connect(1, fmt::format("ws://127.0.0.1:{}/", *port));
    const auto refused = loopback.client_events.next_as<SocketClosed>();
    CHECK(refused->http_status == 404);
    CHECK(refused->reason == "answers the handshake with HTTP status 404");
}

TEST_CASE("a port that is taken can't be served")
{
    Loopback loopback;
    const uint16_t port = loopback.serve();
    ServeOptions options;
    options.port = port;
    CHECK(loopback.net->serve(options).error().code == Errc::conflict);
    const Loopback another;
    CHECK(another.net->serve(options).error().code == Errc::unavailable);
}

TEST_CASE("stopping closes every socket that is open or on its way")
{
    Loopback loopback;
    const uint16_t port = loopback.serve();
    for (SocketId id = 1; id <= 20; ++id)
        loopback.connect(id, port);
    loopback.client->connect(21, "ws://localhost:1/");
    loopback.net.reset();
    for (int i = 0; i < 21; ++i)
        loopback.client_events.next_as<SocketClosed>();
    for (int i = 0; i < 20; ++i)
        loopback.server_events.next_as<SocketClosed>();
}

TEST_CASE("connections beyond the limit are turned away")
{
    Loopback loopback;
    ServeOptions options;
    options.connections_max = 1;
    const uint16_t port = loopback.serve(options);
    loopback.connect(1, port);
    loopback.client->connect(2, fmt::format("ws://127.0.0.1:{}/", port));
    CHECK(loopback.client_events.next_as<SocketClosed>()->id == 2);
}
