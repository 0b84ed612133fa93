#pragma once
// The decision thread's heart: everything that is decided or stored happens in here, one batch of messages at a time,
// each batch in one transaction, its effects let out after COMMIT. No thread and no clock of its own, so that a test or
// a simulation drives the whole provider by calling handle().

#include "net/line_server.h"
#include "provider/deferred.h"
#include "provider/options.h"

#include <memory>
#include <variant>

namespace berth::provider {

/// The answer to a request that went out through the HttpSender.
struct HttpDone {
    uint64_t id;
    net::HttpResult result;
};

/// What core's inbox holds.
using Message = std::variant<net::SocketEvent, HttpDone, JobResult, net::LineEvent>;

/// The outside world, lent for core's life.
struct World {
    db::Database& database;
    net::Sockets& sockets;
    HttpSender http;
    JobRunner& jobs;
    crypto::Random& random;
    /// Answers an operator's command.
    std::function<void(uint64_t connection, std::string line)> answer_command;
    /// Whether nobody else on the host has a port; empty: nobody ever has.
    std::function<bool(uint16_t port)> is_port_free{};
};

class Core {
public:
    /// Migrates the tables and opens the wallet; nothing is sent yet.
    [[nodiscard]] static Result<std::unique_ptr<Core>> create(Options options, World world);
    virtual ~Core() = default;

    /// Looks after every row, then connects. An error means that state could not be read or written: end the process.
    [[nodiscard]] virtual Result<void> start(UnixTime now) = 0;
    /// One batch, one transaction. An error means that it was rolled back: end the process, the next start recovers.
    [[nodiscard]] virtual Result<void> handle(std::vector<Message> messages, UnixTime now) = 0;
    /// When handle() wants to be called even without a message.
    [[nodiscard]] virtual UnixTime next_due() const = 0;

    /// Subscribed everywhere that answers, a relay took the first heartbeat, and offers are out.
    [[nodiscard]] virtual bool is_public() const = 0;
    [[nodiscard]] virtual std::vector<cashu::MintStatus> mints() const = 0;
    /// A lease's id that nobody has yet, whose network is kept ready: to be destroyed when the process ends.
    [[nodiscard]] virtual std::optional<std::string> ready_network() const = 0;
};

} // namespace berth::provider
