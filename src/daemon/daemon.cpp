#include "daemon/daemon.h"

#include "compute/host_ports.h"
#include "daemon/event_watch.h"
#include "daemon/notify.h"
#include "daemon/patience.h"
#include "daemon/start_up_pages.h"
#include "daemon/state_lock.h"
#include "daemon/workers.h"
#include "net/http_thread.h"
#include "net/line_server.h"
#include "net/net_thread.h"
#include "provider/core.h"
#include "util/log.h"

#include <csignal>
#include <thread>

namespace berth::daemon {

namespace {

/// What core hears besides its own messages.
struct StopRequest {};
using Letter = std::variant<provider::Message, StopRequest>;

constexpr size_t kInboxCapacity = 10'000;
/// What the Engine is doing for us when we are to stop may end well, but nobody waits long for that.
constexpr std::chrono::seconds kStopPatience{3};

/// Blocks the signals in every thread that is started later, and waits for one of them on a thread of its own.
class SignalThread {
public:
    explicit SignalThread(std::function<void()> on_stop)
    {
        sigemptyset(&signals_);
        sigaddset(&signals_, SIGTERM);
        sigaddset(&signals_, SIGINT);
        sigaddset(&signals_, SIGUSR2);
        struct sigaction hangup {};
        sigaction(SIGHUP, nullptr, &hangup);
        if (hangup.sa_handler != SIG_IGN) // as nohup leaves it
            sigaddset(&signals_, SIGHUP);
        pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
        std::signal(SIGPIPE, SIG_IGN);
        thread_ = std::thread{[this, on_stop = std::move(on_stop)] {
            int signal = 0;
            sigwait(&signals_, &signal);
            if (signal != SIGUSR2)
                on_stop();
        }};
    }
    ~SignalThread()
    {
        pthread_kill(thread_.native_handle(), SIGUSR2); // only wakes it
        thread_.join();
    }
    SignalThread(const SignalThread&) = delete;
    SignalThread& operator=(const SignalThread&) = delete;

private:
    sigset_t signals_{};
    std::thread thread_;
};

/// The steady-clock moment of a wall-clock time: timers follow the wall clock, waiting follows the steady one.
std::chrono::steady_clock::time_point steady_of(UnixTime due, UnixTime now)
{
    constexpr std::chrono::milliseconds longest{60'000};
    const auto wait = due == UnixTime::max() ? longest : std::min(longest, due - now);
    return std::chrono::steady_clock::now() + std::max(std::chrono::milliseconds{0}, wait);
}

Result<void> loop(provider::Core& core, Inbox<Letter>& inbox)
{
    bool announced = false;
    for (;;) {
        const UnixTime before = wall_clock_now();
        std::vector<Letter> letters = inbox.take_all(steady_of(core.next_due(), before));
        std::vector<provider::Message> messages;
        bool stop = false;
        for (Letter& letter : letters) {
            if (auto* message = std::get_if<provider::Message>(&letter))
                messages.push_back(std::move(*message));
            else
                stop = true;
        }
        TRY(core.handle(std::move(messages), wall_clock_now()));
        if (stop)
            return {};
        if (!announced && core.is_public()) {
            announced = true;
            notify_service_manager("STATUS=subscribed, first heartbeat accepted");
            release_start_up_pages();
        }
    }
}

/// From the net thread: when the inbox is full the event stays with the caller, who stops reading from that socket.
bool put_event(Inbox<Letter>& inbox, net::SocketEvent&& event)
{
    Letter letter{provider::Message{std::move(event)}};
    if (inbox.put(std::move(letter)))
        return true;
    event = std::move(std::get<net::SocketEvent>(std::get<provider::Message>(letter)));
    return false;
}

/// From the start of the threads to their end. What is left to be destroyed: see Core::ready_network.
Result<std::optional<std::string>> serve(Config config, compute::Backend& backend, std::atomic<bool>& hang_up)
{
    db::Database database =
        TRY(db::Database::open({.path = (config.state_dir / "berth.db").string(), .vfs = {}, .exclusive = true}));

    Inbox<Letter> inbox{kInboxCapacity};
    const SignalThread signals{[&inbox] { inbox.put_always(StopRequest{}); }};
    crypto::SystemRandom random;
    compute::NodeStatusReader node_status{config.state_dir.string()};
    provider::TenantVolumes volumes{config.provider.volumes, (config.state_dir / "volumes").string()};
    provider::LeaseFiles lease_files{config.state_dir / "leases"};

    const auto net = TRY(net::NetThread::create({}));
    const auto sockets =
        net->make_client([&inbox](net::SocketEvent&& event) { return put_event(inbox, std::move(event)); });
    net::HttpThread http{[&inbox](uint64_t id, net::HttpResult result) {
        inbox.put_always(provider::Message{provider::HttpDone{id, std::move(result)}});
    }};
    std::optional<Patience> patience; // outlives the workers, who wait for what they have in hand
    Workers workers{{.backend = backend, .volumes = volumes, .files = lease_files, .status = node_status},
                    [&inbox](provider::JobResult result) { inbox.put_always(provider::Message{std::move(result)}); }};

    const auto control =
        TRY(net::LineServer::create({.path = control_socket_of(config.state_dir)}, [&inbox](net::LineEvent event) {
            inbox.put_always(provider::Message{std::move(event)});
        }));

    const std::string npub = nostr::PublicKey::of(config.provider.key).npub();
    const std::string publish_address = config.provider.publish_address;
    const auto core = TRY(provider::Core::create(
        std::move(config.provider),
        {.database = database,
         .sockets = *sockets,
         .http = [&http](uint64_t id, net::HttpRequest request) { http.send(id, std::move(request)); },
         .jobs = workers,
         .random = random,
         .answer_command = [&control](uint64_t connection,
                                      std::string line) { control->answer(connection, std::move(line)); },
         .is_port_free =
             [publish_address](uint16_t port) { return compute::is_host_port_free(publish_address, port); }}));
    TRY(core->start(wall_clock_now()));
    const EventWatch events{backend, [&inbox](provider::EngineSign sign) {
                                inbox.put_always(provider::Message{provider::JobResult{std::move(sign)}});
                            }};
    log::info("berth {} serves as {}", BERTH_VERSION, npub);
    notify_service_manager("READY=1");
    const auto ended = loop(*core, inbox);
    patience.emplace(hang_up, kStopPatience);
    notify_service_manager("STOPPING=1");
    TRY(ended);
    return core->ready_network();
}

} // namespace

std::filesystem::path control_socket_of(const std::filesystem::path& state_dir)
{
    return state_dir / "control.sock";
}

Result<void> run(Config config)
{
    const StateLock lock = TRY(StateLock::acquire(config.state_dir));
    std::atomic<bool> hang_up = false;
    config.docker.hang_up = &hang_up;
    const auto backend = compute::make_contained_backend(config.docker, config.network);
    const auto unsold = TRY(serve(std::move(config), *backend, hang_up));
    log::info("stopped; running leases go on");
    hang_up = false;
    const Patience patience{hang_up, kStopPatience};
    if (unsold)
        if (const auto gone = backend->destroy(*unsold); !gone)
            log::warn("a network that was kept ready is left for the next start: {}", gone.error().message);
    if (const auto released = backend->release(); !released)
        log::warn("the firewall stays: {}", released.error().message);
    return {};
}

} // namespace berth::daemon
