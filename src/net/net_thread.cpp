#include "net/net_thread.h"

#include "net/net_loop.h"
#include "util/check.h"

#include <thread>

namespace berth::net {

namespace {

/// Turns calls into commands; without a sink it serves accepted sockets, which nobody connects.
class SocketsView final : public Sockets {
public:
    SocketsView(NetLoop& loop, EventSink* sink) : loop_{loop}, sink_{sink} {}

    void connect(SocketId id, const std::string& url) override
    {
        VERIFY(sink_ != nullptr);
        loop_.post(ConnectCommand{.id = id, .sink = sink_, .url = url});
    }
    void send_text(SocketId id, std::string text) override
    {
        loop_.post(SendCommand{.id = id, .text = std::move(text)});
    }
    void close(SocketId id) override { loop_.post(CloseCommand{id}); }
    void set_reading(SocketId id, bool reading) override { loop_.post(ReadCommand{.id = id, .reading = reading}); }

private:
    NetLoop& loop_;
    EventSink* sink_;
};

} // namespace

struct NetThread::State {
    explicit State(const NetOptions& options) : loop{options}, accepted{loop, nullptr} {}

    NetLoop loop;
    SocketsView accepted;
    std::thread thread;
};

Result<std::unique_ptr<NetThread>> NetThread::create(const NetOptions& options)
{
    auto state = std::make_unique<State>(options);
    TRY(state->loop.open());
    state->thread = std::thread{[&loop = state->loop] { loop.run(); }};
    return std::unique_ptr<NetThread>{new NetThread{std::move(state)}};
}

NetThread::NetThread(std::unique_ptr<State> state) : state_{std::move(state)} {}

NetThread::~NetThread()
{
    state_->loop.post(StopCommand{});
    state_->thread.join();
}

std::unique_ptr<Sockets> NetThread::make_client(std::function<bool(SocketEvent&&)> deliver)
{
    auto sink = std::make_unique<EventSink>(std::move(deliver));
    EventSink* borrowed = sink.get();
    state_->loop.post(AddSinkCommand{std::move(sink)});
    return std::make_unique<SocketsView>(state_->loop, borrowed);
}

Result<uint16_t> NetThread::serve(ServeOptions options)
{
    ServeCommand command{.options = std::move(options), .port = {}};
    std::future<Result<uint16_t>> port = command.port.get_future();
    state_->loop.post(std::move(command));
    return port.get();
}

Sockets& NetThread::accepted()
{
    return state_->accepted;
}

void NetThread::respond(uint64_t request_id, int status, std::string content_type, std::string body)
{
    state_->loop.post(RespondCommand{
        .request_id = request_id, .status = status, .content_type = std::move(content_type), .body = std::move(body)});
}

} // namespace berth::net
