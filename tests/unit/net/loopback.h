#pragma once
// What the net tests share: a WebSocket and HTTP server of ours and a client of ours, talking over the loopback.

#include "net/net_thread.h"
#include "util/inbox.h"

#include <doctest/doctest.h>

#include <chrono>
#include <deque>
#include <optional>

namespace berth::net::test {

using std::chrono::steady_clock;

/// Takes messages one by one, waiting at most 10 s for each.
template <class Message>
class Waiting {
public:
    explicit Waiting(size_t capacity) : inbox{capacity} {}

    std::optional<Message> next(std::chrono::milliseconds patience = std::chrono::seconds{10})
    {
        if (taken_.empty())
            for (Message& message : inbox.take_all(steady_clock::now() + patience))
                taken_.push_back(std::move(message));
        if (taken_.empty())
            return std::nullopt;
        Message message = std::move(taken_.front());
        taken_.pop_front();
        return message;
    }

    /// The next message, if it is an Event.
    template <class Event>
    std::optional<Event> next_as()
    {
        std::optional<Message> message = next();
        Event* event = message ? std::get_if<Event>(&*message) : nullptr;
        REQUIRE(event != nullptr);
        return std::move(*event);
    }

    Inbox<Message> inbox;

private:
    std::deque<Message> taken_;
};

struct Loopback {
    explicit Loopback(NetOptions options = {}, size_t client_capacity = 10'000) : client_events{client_capacity}
    {
        Result<std::unique_ptr<NetThread>> created = NetThread::create(options);
        REQUIRE(created.has_value());
        net = std::move(*created);
        client = net->make_client([this](SocketEvent&& event) { return client_events.inbox.put(std::move(event)); });
    }

    uint16_t serve(ServeOptions options = {})
    {
        options.on_socket = [this](SocketEvent event) { REQUIRE(server_events.inbox.put(std::move(event))); };
        options.on_request = [this](ServedRequest request) { REQUIRE(requests.inbox.put(std::move(request))); };
        const Result<uint16_t> port = net->serve(std::move(options));
        REQUIRE(port.has_value());
        return *port;
    }

    /// Connects socket `id`; answers the server's id of it.
    SocketId connect(SocketId id, uint16_t port)
    {
        client->connect(id, fmt::format("ws://127.0.0.1:{}/path?query", port));
        const auto opened = client_events.next_as<SocketOpened>();
        CHECK(opened->id == id);
        return server_events.next_as<SocketAccepted>()->id;
    }

    Waiting<SocketEvent> client_events;
    Waiting<SocketEvent> server_events{100'000};
    Waiting<ServedRequest> requests{10'000};
    std::unique_ptr<NetThread> net;
    std::unique_ptr<Sockets> client;
};

} // namespace berth::net::test
