#include "net/line_server.h"

#include "net/unix_socket.h"
#include "util/log.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <vector>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace berth::net {

namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kReadBytes = 16 << 10;
constexpr int kBacklog = 64;
constexpr std::chrono::milliseconds kLongestWait{1'000};

bool is_let_in(int socket)
{
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == 0 || peer.uid == ::geteuid());
}

struct Connection {
    explicit Connection(int number) : socket{number} {}

    FileDescriptor socket;
    std::string incoming{}; ///< bytes of lines that are not taken yet
    std::string outgoing{};
    size_t unanswered = 0;
    bool has_ended = false; ///< the client sends no more
    bool is_broken = false;
    Clock::time_point last_moved = Clock::now();
};

} // namespace

class LineServer::Loop {
public:
    Loop(const LineServerOptions& options, Deliver deliver, int listener, int waker, Inbox<Command>& commands)
        : options_{options}, deliver_{std::move(deliver)}, listener_{listener}, waker_{waker}, commands_{commands}
    {
    }

    void run()
    {
        while (!is_stopping_) {
            wait();
            take_commands();
            for (auto& [id, connection] : connections_)
                take_lines(id, connection);
            drop_closed();
        }
    }

private:
    void wait()
    {
        polled_ = {{waker_, POLLIN, 0}};
        if (connections_.size() < options_.connections_max && Clock::now() >= accepts_from_)
            polled_.push_back({listener_, POLLIN, 0});
        const size_t first = polled_.size();
        for (const auto& [id, connection] : connections_)
            polled_.push_back({connection.socket.get(), events_of(connection), 0});
        if (::poll(polled_.data(), polled_.size(), static_cast<int>(kLongestWait.count())) <= 0)
            return;
        if (polled_[0].revents != 0) {
            uint64_t count = 0;
            (void)!::read(waker_, &count, sizeof count);
        }
        size_t next = first;
        for (auto& [id, connection] : connections_)
            serve(connection, polled_[next++].revents);
        if (first == 2 && polled_[1].revents != 0)
            accept();
    }

    [[nodiscard]] bool wants_more(const Connection& connection) const
    {
        return !connection.has_ended && connection.unanswered < options_.unanswered_max;
    }

    [[nodiscard]] short events_of(const Connection& connection) const
    {
        short events = 0;
        if (wants_more(connection))
            events |= POLLIN;
        if (!connection.outgoing.empty())
            events |= POLLOUT;
        return events;
    }

    void accept()
    {
        const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket < 0) {
            accepts_from_ = Clock::now() + kLongestWait; // out of descriptors, say; not to be asked in a tight loop
            return;
        }
        if (!is_let_in(socket)) {
            log::warn("a command of another user was turned away at the control socket");
            ::close(socket);
            return;
        }
        connections_.try_emplace(++last_id_, socket);
    }

    void serve(Connection& connection, short events)
    {
        if ((events & POLLOUT) != 0)
            write(connection);
        if ((events & POLLIN) != 0 && wants_more(connection))
            read(connection);
        // A hang-up is read to its end first; with nothing to read for now it would be told again and again.
        if ((events & (POLLERR | POLLNVAL)) != 0 || ((events & POLLHUP) != 0 && !wants_more(connection)))
            connection.is_broken = true;
    }

    void read(Connection& connection)
    {
        char bytes[kReadBytes];
        const ssize_t count = ::recv(connection.socket.get(), bytes, sizeof bytes, 0);
        if (count == 0)
            connection.has_ended = true;
        else if (count > 0)
            connection.incoming.append(bytes, static_cast<size_t>(count));
        else if (errno != EAGAIN && errno != EINTR)
            connection.is_broken = true;
        connection.last_moved = Clock::now();
    }

    static void write(Connection& connection)
    {
        const ssize_t count = ::send(connection.socket.get(), connection.outgoing.data(), connection.outgoing.size(),
                                     MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count > 0) {
            connection.outgoing.erase(0, static_cast<size_t>(count));
            connection.last_moved = Clock::now();
        } else if (count < 0 && errno != EAGAIN && errno != EINTR) {
            connection.is_broken = true;
        }
    }

    void take_lines(uint64_t id, Connection& connection)
    {
        size_t taken = 0;
        while (connection.unanswered < options_.unanswered_max) {
            const size_t end = connection.incoming.find('\n', taken);
            if (end == std::string::npos)
                break;
            if (end - taken > options_.line_bytes_max) {
                connection.is_broken = true;
                return;
            }
            ++connection.unanswered;
            deliver_(ReceivedLine{id, connection.incoming.substr(taken, end - taken)});
            taken = end + 1;
        }
        connection.incoming.erase(0, taken);
        if (connection.incoming.size() > options_.line_bytes_max + kReadBytes)
            connection.is_broken = true;
    }

    void take_commands()
    {
        for (Command& command : commands_.take_all(Clock::now())) {
            if (std::holds_alternative<Stop>(command)) {
                is_stopping_ = true;
                continue;
            }
            auto& answer = std::get<Answer>(command);
            const auto found = connections_.find(answer.connection);
            if (found == connections_.end())
                continue;
            Connection& connection = found->second;
            connection.unanswered -= std::min<size_t>(connection.unanswered, 1);
            connection.outgoing += answer.line + '\n';
            connection.last_moved = Clock::now();
            write(connection);
        }
    }

    [[nodiscard]] bool is_over(const Connection& connection) const
    {
        if (connection.is_broken || connection.outgoing.size() > options_.unread_bytes_max)
            return true;
        const bool is_owed = connection.unanswered > 0;
        if (connection.has_ended && !is_owed && connection.outgoing.empty())
            return true;
        // Whoever does not read its answers is idle, too.
        return (!is_owed || !connection.outgoing.empty()) && Clock::now() - connection.last_moved > options_.idle_max;
    }

    void drop_closed()
    {
        for (auto each = connections_.begin(); each != connections_.end();) {
            if (!is_over(each->second)) {
                ++each;
                continue;
            }
            deliver_(LineConnectionClosed{each->first});
            each = connections_.erase(each);
        }
    }

    const LineServerOptions options_;
    const Deliver deliver_;
    const int listener_;
    const int waker_;
    Inbox<Command>& commands_;
    std::map<uint64_t, Connection> connections_;
    std::vector<pollfd> polled_;
    uint64_t last_id_ = 0;
    Clock::time_point accepts_from_{};
    bool is_stopping_ = false;
};

Result<std::unique_ptr<LineServer>> LineServer::create(LineServerOptions options, Deliver deliver)
{
    const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int waker = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    std::unique_ptr<LineServer> server{new LineServer{options.path, listener, waker}};
    if (listener < 0 || waker < 0)
        return fail(Errc::unavailable, "no socket can be made for {}", options.path.string());
    (void)::unlink(options.path.c_str());
    // The file takes its mode from the socket's own, so that it is never open to others, not even for a moment.
    if (::fchmod(listener, 0600) != 0)
        return fail(Errc::unavailable, "a socket's mode can't be set");
    TRY(bind_unix(listener, options.path));
    if (::listen(listener, kBacklog) != 0)
        return fail(Errc::unavailable, "cannot listen on {}", options.path.string());
    server->start(options, std::move(deliver));
    return server;
}

LineServer::LineServer(std::filesystem::path path, int listener, int waker)
    : path_{std::move(path)}, listener_{listener}, waker_{waker}
{
}

LineServer::~LineServer()
{
    if (!thread_.joinable())
        return;
    put(Stop{});
    thread_.join();
    (void)::unlink(path_.c_str());
}

void LineServer::start(const LineServerOptions& options, Deliver deliver)
{
    thread_ = std::thread{[this, options, deliver = std::move(deliver)]() mutable {
        Loop{options, std::move(deliver), listener_.get(), waker_.get(), commands_}.run();
    }};
}

void LineServer::put(Command command)
{
    commands_.put_always(std::move(command));
    const uint64_t one = 1;
    (void)!::write(waker_.get(), &one, sizeof one);
}

void LineServer::answer(uint64_t connection, std::string line)
{
    put(Answer{connection, std::move(line)});
}

} // namespace berth::net
