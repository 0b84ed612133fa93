#pragma once
// Relays in memory behind net::Sockets: they store, answer REQ with EOSE, say OK, deliver live, and misbehave on
// demand. Frames of one connection stay in order, as TCP has it; events do not, as relays have it.

#include "nostr/filter.h"
#include "sim/process.h"

namespace berth::sim {

class FakeRelays final : public net::Sockets {
public:
    /// Told of every event a relay takes in.
    using Listener = std::function<void(const nostr::Event&)>;

    FakeRelays(Clockwork& clock, Dice& dice, Faults& faults, Process& process, std::vector<std::string> urls,
               Listener listener);

    void connect(net::SocketId id, const std::string& url) override;
    void send_text(net::SocketId id, std::string text) override;
    void close(net::SocketId id) override;
    void set_reading(net::SocketId, bool) override {}

    /// A client of the outside publishes; the relay always has it then.
    void publish(size_t relay, const nostr::Event& event);
    [[nodiscard]] size_t count() const { return relays_.size(); }
    void forget_connections() { connections_.clear(); }

private:
    struct Relay {
        std::string url;
        std::vector<nostr::Event> stored;
    };
    struct Connection {
        size_t relay = 0;
        bool open = false;
        UnixTime last_up{};   ///< towards the relay
        UnixTime last_down{}; ///< towards the core
        std::map<std::string, nostr::Filter> requests;
    };

    void open(net::SocketId id, uint64_t life);
    void pulse(net::SocketId id, uint64_t life);
    void hang_up(net::SocketId id, const std::string& reason);
    void on_frame(net::SocketId id, const std::string& text);
    void on_event(net::SocketId id, const nostr::Event& event);
    void on_request(net::SocketId id, const std::string& name, nostr::Filter filter);
    void take_in(size_t relay, const nostr::Event& event);
    void take_in_orphan(size_t relay, const std::string& text);
    void deliver(net::SocketId id, const std::string& name, const nostr::Event& event);
    void say(net::SocketId id, std::string text);
    Connection* find(net::SocketId id, uint64_t life);

    Clockwork& clock_;
    Dice& dice_;
    Faults& faults_;
    Process& process_;
    std::vector<Relay> relays_;
    Listener listener_;
    std::map<net::SocketId, Connection> connections_;
};

} // namespace berth::sim
