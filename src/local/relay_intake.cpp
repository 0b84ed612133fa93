#include "local/relay_intake.h"

namespace berth::local {

namespace {
constexpr size_t kMessagesMax = 1024;
}

RelayIntake::RelayIntake(net::NetThread& net, size_t connections_max)
    : net_{net}, inbox_{kMessagesMax + 2 * connections_max}
{
    VERIFY(inbox_.reserve()); // for stop()
}

void RelayIntake::admit(const net::SocketAccepted& accepted)
{
    if (stopped_ || !inbox_.reserve()) {
        net_.accepted().close(accepted.id);
        return;
    }
    admitted_.insert(accepted.id);
    if (!inbox_.put(RelaySocketEvent{.event = accepted}))
        net_.accepted().close(accepted.id);
}

void RelayIntake::on_socket(net::SocketEvent event)
{
    if (const auto* accepted = std::get_if<net::SocketAccepted>(&event)) {
        admit(*accepted);
        return;
    }
    if (const auto* closed = std::get_if<net::SocketClosed>(&event)) {
        if (admitted_.erase(closed->id) > 0)
            inbox_.put_reserved(RelaySocketEvent{.event = std::move(event)});
        return;
    }
    const net::SocketId id = std::visit([](const auto& any) { return any.id; }, event);
    const bool is_text = std::holds_alternative<net::SocketText>(event);
    const bool paused = is_text && inbox_.more_than_half_full();
    if (paused)
        net_.accepted().set_reading(id, false);
    if (!inbox_.put(RelaySocketEvent{.event = std::move(event), .paused = paused}) && is_text)
        net_.accepted().close(id);
}

void RelayIntake::on_request(net::ServedRequest request)
{
    const uint64_t id = request.id;
    if (stopped_ || !inbox_.put(std::move(request)))
        net_.respond(id, 503, "text/plain", "busy\n");
}

} // namespace berth::local
