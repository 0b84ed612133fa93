#include "local/mint_server.h"

#include "util/inbox.h"

#include <atomic>
#include <future>
#include <map>
#include <thread>
#include <variant>

namespace berth::local {

namespace {

using Clock = std::chrono::steady_clock;
constexpr size_t kMessagesMax = 4096;

struct Control {
    std::function<void(PracticeMint&)> change;
    std::promise<void> done;
};
struct Stop {};
using Message = std::variant<net::ServedRequest, Control, Stop>;

/// Where the net thread leaves requests.
struct Intake {
    Intake() : inbox{kMessagesMax} { VERIFY(inbox.reserve()); } // for Stop
    Inbox<Message> inbox;
    std::atomic<bool> stopped = false;
};

} // namespace

struct MintServer::Worker {
    Worker(db::Database&& opened, net::NetThread& net_thread, const MintServerOptions& server_options)
        : database{std::move(opened)}, net{net_thread}, options{server_options},
          // Shared with the callback that the net thread keeps after this server is gone.
          intake{std::make_shared<Intake>()}
    {
    }

    Result<void> start()
    {
        std::unique_ptr<PracticeMint> created = TRY(PracticeMint::create(database, random, options.mint));
        for (const cashu::Unit unit : options.mint.units)
            if (options.rotate_at_start)
                TRY(created->rotate(unit));
        mint = std::move(created);
        thread = std::thread{[this] { run(); }};
        return {};
    }

    void run()
    {
        while (!stopping) {
            const Clock::time_point idle_until = Clock::now() + std::chrono::seconds{60};
            for (Message& message : intake->inbox.take_all(held.empty() ? idle_until : held.begin()->first))
                handle(message);
            while (!held.empty() && held.begin()->first <= Clock::now()) {
                answer(held.begin()->second.first, std::move(held.begin()->second.second));
                held.erase(held.begin());
            }
        }
    }

    void handle(Message& message)
    {
        if (auto* request = std::get_if<net::ServedRequest>(&message)) {
            MintAnswer made = mint->handle(request->method, request->path, request->body, wall_clock_now());
            if (options.swap_delay.count() > 0 && request->path == "/v1/swap")
                held.emplace(Clock::now() + options.swap_delay, std::pair{request->id, std::move(made)});
            else
                answer(request->id, std::move(made));
        } else if (auto* control = std::get_if<Control>(&message)) {
            control->change(*mint);
            control->done.set_value();
        } else {
            stopping = true;
        }
    }

    void answer(uint64_t request_id, MintAnswer made)
    {
        if (!made.lost)
            net.respond(request_id, made.status, "application/json", std::move(made.body));
    }

    db::Database database;
    net::NetThread& net;
    const MintServerOptions options;
    std::shared_ptr<Intake> intake;
    crypto::SystemRandom random;
    std::unique_ptr<PracticeMint> mint;
    std::multimap<Clock::time_point, std::pair<uint64_t, MintAnswer>> held; ///< answers by when they may leave
    bool stopping = false;
    std::thread thread;
};

Result<std::unique_ptr<MintServer>> MintServer::create(const MintServerOptions& options, net::NetThread& net)
{
    db::Database database = TRY(db::Database::open(db::OpenOptions{.path = options.database, .exclusive = true}));
    auto worker = std::make_unique<Worker>(std::move(database), net, options);
    TRY(worker->start());
    std::shared_ptr<Intake> intake = worker->intake;
    // From here on the destructor stops the thread.
    std::unique_ptr<MintServer> server{new MintServer{std::move(worker), options.address}};
    const auto on_request = [intake, &net](net::ServedRequest request) {
        const uint64_t id = request.id;
        if (intake->stopped || !intake->inbox.put(std::move(request)))
            net.respond(id, 503, "text/plain", "busy\n");
    };
    const uint16_t port = TRY(net.serve(net::ServeOptions{.address = options.address,
                                                          .port = options.port,
                                                          .body_bytes_max = 1 << 20,
                                                          .connections_max = 1024,
                                                          .on_socket = nullptr,
                                                          .on_request = on_request}));
    server->port_ = port;
    return server;
}

MintServer::MintServer(std::unique_ptr<Worker> worker, std::string address)
    : worker_{std::move(worker)}, address_{std::move(address)}
{
}

MintServer::~MintServer()
{
    worker_->intake->stopped = true;
    worker_->intake->inbox.put_reserved(Stop{});
    worker_->thread.join();
}

std::string MintServer::url() const
{
    return fmt::format("http://{}:{}", address_, port_);
}

void MintServer::control(std::function<void(PracticeMint&)> change)
{
    Control control{.change = std::move(change), .done = {}};
    std::future<void> done = control.done.get_future();
    worker_->intake->inbox.put_always(std::move(control));
    done.wait();
}

} // namespace berth::local
