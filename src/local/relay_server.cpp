#include "local/relay_server.h"

#include "local/relay_core.h"
#include "local/relay_intake.h"
#include "util/log.h"

#include <thread>

namespace berth::local {

namespace {
constexpr std::chrono::seconds kTickEvery{30};
}

/// The relay's thread: everything that waits goes through the core in one transaction, and the answers leave after it.
struct RelayServer::Worker {
    Worker(db::Database&& opened, net::NetThread& net_thread, const RelayServerOptions& server_options)
        : database{std::move(opened)}, net{net_thread}, options{server_options},
          information{relay_information(options.identity, options.limits, options.policy)},
          // Shared with the callbacks that the net thread keeps after this server is gone.
          intake{std::make_shared<RelayIntake>(net, options.connections_max)}
    {
    }

    Result<void> start()
    {
        RelayStore opened = TRY(RelayStore::create(database, options.limits.stored_events_max));
        store.emplace(opened);
        core.emplace(*store, random, options.limits, options.policy);
        thread = std::thread{[this] { run(); }};
        return {};
    }

    void run()
    {
        auto tick_at = std::chrono::steady_clock::now() + kTickEvery;
        while (!stopping) {
            const std::vector<RelayMessage> messages = intake->take_all(tick_at);
            const bool tick = std::chrono::steady_clock::now() >= tick_at;
            if (tick)
                tick_at += kTickEvery;
            const UnixTime now = wall_clock_now();
            const Result<void> done = in_transaction(messages, tick, now);
            if (!done)
                abandon(messages, done.error());
            for (RelayReply& reply : core->take_replies())
                send(std::move(reply));
            resume(messages);
        }
        for (const net::SocketId id : connected)
            net.accepted().close(id);
    }

    Result<void> in_transaction(const std::vector<RelayMessage>& messages, bool tick, UnixTime now)
    {
        TRY(database.begin());
        for (const RelayMessage& message : messages)
            TRY(handle(message, now));
        if (tick)
            TRY(core->tick(now));
        return database.commit();
    }

    Result<void> handle(const RelayMessage& message, UnixTime now)
    {
        if (const auto* socket = std::get_if<RelaySocketEvent>(&message))
            return handle_socket(socket->event, now);
        if (const auto* request = std::get_if<net::ServedRequest>(&message))
            answer(*request);
        else
            stopping = true;
        return {};
    }

    Result<void> handle_socket(const net::SocketEvent& event, UnixTime now)
    {
        if (const auto* text = std::get_if<net::SocketText>(&event))
            return core->feed(text->id, text->text, now);
        if (const auto* accepted = std::get_if<net::SocketAccepted>(&event)) {
            connected.insert(accepted->id);
            core->open(accepted->id, Peer{.address = accepted->peer, .host = accepted->host}, now);
        } else if (const auto* alive = std::get_if<net::SocketAlive>(&event)) {
            core->mark_alive(alive->id, now);
        } else if (const auto* closed = std::get_if<net::SocketClosed>(&event)) {
            connected.erase(closed->id);
            core->close(closed->id);
        }
        return {};
    }

    void answer(const net::ServedRequest& request)
    {
        // NIP-11. A browser that comes along learns what this address is.
        if (request.accept.find("application/nostr+json") != std::string::npos)
            net.respond(request.id, 200, "application/nostr+json", information);
        else
            net.respond(request.id, 200, "text/plain", options.identity.name + ": a Nostr relay\n");
    }

    /// Nothing of this batch was stored, so nobody may hear that it was: those who spoke are hung up on, and try again.
    void abandon(const std::vector<RelayMessage>& messages, const Error& error)
    {
        log::error("relay: {}", error.message);
        if (database.in_transaction())
            database.roll_back();
        if (const Result<void> counted = store->recount(); !counted)
            log::error("relay: {}", counted.error().message);
        for (const RelayReply& lost : core->take_replies())
            net.accepted().close(lost.client);
        for (const RelayMessage& message : messages) {
            const auto* socket = std::get_if<RelaySocketEvent>(&message);
            if (!socket) {
                stopping = stopping || std::holds_alternative<RelayStop>(message);
                continue;
            }
            const net::SocketId id = std::visit([](const auto& any) { return any.id; }, socket->event);
            connected.erase(id);
            core->close(id);
            net.accepted().close(id);
        }
    }

    void send(RelayReply reply)
    {
        if (reply.text.empty())
            net.accepted().close(reply.client);
        else
            net.accepted().send_text(reply.client, std::move(reply.text));
    }

    void resume(const std::vector<RelayMessage>& messages)
    {
        for (const RelayMessage& message : messages)
            if (const auto* socket = std::get_if<RelaySocketEvent>(&message); socket && socket->paused)
                net.accepted().set_reading(std::get<net::SocketText>(socket->event).id, true);
    }

    db::Database database;
    net::NetThread& net;
    const RelayServerOptions options;
    const std::string information;
    std::shared_ptr<RelayIntake> intake;
    crypto::SystemRandom random;
    std::optional<RelayStore> store;
    std::optional<RelayCore> core;
    std::unordered_set<net::SocketId> connected;
    bool stopping = false;
    std::thread thread;
};

Result<std::unique_ptr<RelayServer>> RelayServer::create(const RelayServerOptions& options, net::NetThread& net)
{
    db::Database database = TRY(db::Database::open(db::OpenOptions{.path = options.database, .exclusive = true}));
    auto worker = std::make_unique<Worker>(std::move(database), net, options);
    TRY(worker->start());
    std::shared_ptr<RelayIntake> intake = worker->intake;
    // From here on the destructor stops the thread.
    std::unique_ptr<RelayServer> server{new RelayServer{std::move(worker), options.address, 0}};
    const uint16_t port = TRY(net.serve(net::ServeOptions{
        .address = options.address,
        .port = options.port,
        .body_bytes_max = 1024,
        .connections_max = options.connections_max,
        .on_socket = [intake](net::SocketEvent event) { intake->on_socket(std::move(event)); },
        .on_request = [intake](net::ServedRequest request) { intake->on_request(std::move(request)); },
    }));
    server->port_ = port;
    return server;
}

RelayServer::RelayServer(std::unique_ptr<Worker> worker, std::string address, uint16_t port)
    : worker_{std::move(worker)}, address_{std::move(address)}, port_{port}
{
}

RelayServer::~RelayServer()
{
    worker_->intake->stop();
    worker_->thread.join();
}

std::string RelayServer::url() const
{
    return fmt::format("ws://{}:{}", address_, port_);
}

} // namespace berth::local
