#pragma once
// Lines over a Unix socket, for commands on the same machine: a thread of its own with poll(). Knows bytes, not what
// they mean. Only root and the daemon's own user are let in; connections, lines, what waits to be read and silence are
// all bounded, so that a client that misbehaves costs nobody else anything.

#include "util/files.h"
#include "util/inbox.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <variant>

namespace berth::net {

struct LineServerOptions {
    std::filesystem::path path;
    size_t connections_max = 32;
    size_t line_bytes_max = 512 << 10;          ///< of one line that comes in; a longer one ends its connection
    size_t unanswered_max = 8;                  ///< lines per connection; no more are read before one is answered
    size_t unread_bytes_max = 4 << 20;          ///< of answers; who reads none of that is let go
    std::chrono::milliseconds idle_max{30'000}; ///< without a byte either way and nothing to answer
};

/// One line that a client sent, without its end. Each is owed one answer.
struct ReceivedLine {
    uint64_t connection = 0;
    std::string text;
};
/// A client went away: nobody waits for its answers any more.
struct LineConnectionClosed {
    uint64_t connection = 0;
};
using LineEvent = std::variant<ReceivedLine, LineConnectionClosed>;

class LineServer {
public:
    /// Called on the server's thread, at most connections_max × (unanswered_max + 1) times beyond what was answered.
    using Deliver = std::function<void(LineEvent event)>;

    /// Replaces a socket that a dead process left: the caller holds the lock that says nobody else is alive. The socket
    /// has mode 0600 from the first moment. unavailable when it can't be made.
    [[nodiscard]] static Result<std::unique_ptr<LineServer>> create(LineServerOptions options, Deliver deliver);
    /// Sends what is left, as far as it goes at once, and removes the socket.
    ~LineServer();
    LineServer(const LineServer&) = delete;
    LineServer& operator=(const LineServer&) = delete;

    /// Answers one line of a connection; dropped when that is closed. Any thread.
    void answer(uint64_t connection, std::string line);

private:
    struct Answer {
        uint64_t connection = 0;
        std::string line;
    };
    struct Stop {};
    using Command = std::variant<Answer, Stop>;
    class Loop;
    static constexpr size_t kCommandsMax = 1'024;

    LineServer(std::filesystem::path path, int listener, int waker);
    void start(const LineServerOptions& options, Deliver deliver);
    void put(Command command);

    const std::filesystem::path path_;
    const FileDescriptor listener_;
    const FileDescriptor waker_;
    Inbox<Command> commands_{kCommandsMax};
    std::thread thread_; ///< once it listens
};

} // namespace berth::net
