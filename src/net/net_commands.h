#pragma once
// What other threads ask of the net thread. Internal to net.

#include "net/event_sink.h"
#include "net/net_thread.h"
#include "net/resolver.h"

#include <future>
#include <memory>
#include <string>
#include <variant>

namespace berth::net {

struct AddSinkCommand {
    std::unique_ptr<EventSink> sink;
};
struct ConnectCommand {
    SocketId id;
    EventSink* sink; ///< belongs to the net thread since its AddSinkCommand
    std::string url;
};
struct ResolvedCommand {
    SocketId id;
    Result<Addresses> addresses;
};
struct SendCommand {
    SocketId id;
    std::string text;
};
struct CloseCommand {
    SocketId id;
};
struct ReadCommand {
    SocketId id;
    bool reading;
};
struct ServeCommand {
    ServeOptions options;
    std::promise<Result<uint16_t>> port;
};
struct RespondCommand {
    uint64_t request_id;
    int status;
    std::string content_type;
    std::string body;
};
struct StopCommand {};

using NetCommand = std::variant<AddSinkCommand, ConnectCommand, ResolvedCommand, SendCommand, CloseCommand, ReadCommand,
                                ServeCommand, RespondCommand, StopCommand>;

} // namespace berth::net
