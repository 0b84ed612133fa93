// Peers that only a bare socket can play: a client that sends binary frames, a server on a Unix socket.

#include "net/http_client.h"
#include "unit/net/loopback.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <thread>

using namespace berth;
using namespace berth::net;
using berth::net::test::Loopback;

namespace {

struct Descriptor {
    explicit Descriptor(int opened) : fd{opened} { REQUIRE(fd >= 0); }
    ~Descriptor() { ::close(fd); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    const int fd;
};

void send_all(int fd, std::string_view bytes)
{
    REQUIRE(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()));
}

std::string receive_until(int fd, std::string_view end)
{
    std::string heard;
    std::array<char, 1024> buffer{};
    while (heard.find(end) == std::string::npos) {
        const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (count <= 0)
            break;
        heard.append(buffer.data(), static_cast<size_t>(count));
    }
    return heard;
}

void connect_loopback(int fd, uint16_t port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

sockaddr_un unix_address(const std::string& path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
}

} // namespace

TEST_CASE("a binary frame closes the socket")
{
    Loopback loopback;
    const uint16_t port = loopback.serve();
    const Descriptor peer{::socket(AF_INET, SOCK_STREAM, 0)};
    connect_loopback(peer.fd, port);
    send_all(peer.fd, "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
    CHECK(receive_until(peer.fd, "\r\n\r\n").starts_with("HTTP/1.1 101"));
    const SocketId accepted = loopback.server_events.next_as<SocketAccepted>()->id;
    send_all(peer.fd, std::string("\x82\x83\0\0\0\0abc", 9)); // final, binary, masked with zeros, 3 bytes
    const auto closed = loopback.server_events.next_as<SocketClosed>();
    CHECK(closed->id == accepted);
    CHECK(closed->reason == "binary frame");
}

TEST_CASE("a peer that vanishes ends its socket")
{
    Loopback loopback;
    const uint16_t port = loopback.serve();
    {
        const Descriptor peer{::socket(AF_INET, SOCK_STREAM, 0)};
        connect_loopback(peer.fd, port);
        send_all(peer.fd, "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n");
        CHECK(receive_until(peer.fd, "\r\n\r\n").starts_with("HTTP/1.1 101"));
        loopback.server_events.next_as<SocketAccepted>();
    }
    loopback.server_events.next_as<SocketClosed>();
}

TEST_CASE("HTTP goes through a Unix socket, and a connection that breaks leaves the outcome unknown")
{
    const std::string path = fmt::format("/tmp/berth-net-test-{}.sock", ::getpid());
    const Descriptor listener{::socket(AF_UNIX, SOCK_STREAM, 0)};
    const sockaddr_un address = unix_address(path);
    REQUIRE(::bind(listener.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(listener.fd, 4) == 0);
    std::string asked;
    std::thread server{[&] {
        const Descriptor first{::accept(listener.fd, nullptr, nullptr)};
        asked = receive_until(first.fd, "\r\n\r\n");
        send_all(first.fd, "HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nDate: today\r\nContent-Length: 2\r\n\r\nok");
        const Descriptor second{::accept(listener.fd, nullptr, nullptr)};
        receive_until(second.fd, "\r\n\r\n");
    }};
    HttpRequest request;
    request.method = "POST";
    request.body = "{}";
    request.unix_socket = path;
    request.url = "http://engine/v1/info";
    HttpClient client;
    const HttpResult answer = client.send(request);
    const HttpResult broken = client.send(request);
    server.join();
    ::unlink(path.c_str());

    REQUIRE(answer.has_value());
    CHECK(answer->status == 429);
    CHECK(answer->retry_after == "7");
    CHECK(answer->date == "today");
    CHECK(asked.starts_with("POST /v1/info HTTP/1.1\r\nHost: engine\r\n"));
    CHECK(asked.find("Expect") == std::string::npos);
    CHECK(broken.error().code == Errc::outcome_unknown);
    CHECK(client.send(request).error().code == Errc::unavailable);
}
