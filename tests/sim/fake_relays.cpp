#include "sim/fake_relays.h"

#include "nostr/event_json.h"

#include <algorithm>

namespace berth::sim {

using namespace std::chrono_literals;

namespace {

constexpr auto kPulse = 25s;

} // namespace

FakeRelays::FakeRelays(Clockwork& clock, Dice& dice, Faults& faults, Process& process, std::vector<std::string> urls,
                       Listener listener)
    : clock_{clock}, dice_{dice}, faults_{faults}, process_{process}, listener_{std::move(listener)}
{
    for (std::string& url : urls)
        relays_.push_back({std::move(url), {}});
}

FakeRelays::Connection* FakeRelays::find(net::SocketId id, uint64_t life)
{
    const auto found = connections_.find(id);
    return found == connections_.end() || life != process_.life() ? nullptr : &found->second;
}

void FakeRelays::connect(net::SocketId id, const std::string& url)
{
    process_.survive_effect();
    const auto relay = std::find_if(relays_.begin(), relays_.end(), [&](const Relay& each) { return each.url == url; });
    connections_[id] = {.relay = static_cast<size_t>(relay - relays_.begin())};
    clock_.after(dice_.between(2, 80), [this, id, life = process_.life()] { open(id, life); });
}

void FakeRelays::open(net::SocketId id, uint64_t life)
{
    Connection* connection = find(id, life);
    if (!connection)
        return;
    if (faults_.strike(5))
        return hang_up(id, "connection refused");
    connection->open = true;
    connection->last_down = clock_.now();
    process_.post(life, net::SocketOpened{id, ""});
    clock_.after(kPulse, [this, id, life] { pulse(id, life); });
}

void FakeRelays::pulse(net::SocketId id, uint64_t life)
{
    if (!find(id, life))
        return;
    process_.post(life, net::SocketAlive{id});
    clock_.after(kPulse, [this, id, life] { pulse(id, life); });
}

void FakeRelays::hang_up(net::SocketId id, const std::string& reason)
{
    connections_.erase(id);
    process_.post(process_.life(), net::SocketClosed{id, reason});
}

void FakeRelays::close(net::SocketId id)
{
    process_.survive_effect();
    if (connections_.erase(id) != 0)
        clock_.after(1ms, [this, id, life = process_.life()] { process_.post(life, net::SocketClosed{id, "closed"}); });
}

void FakeRelays::send_text(net::SocketId id, std::string text)
{
    process_.survive_effect();
    Connection* connection = find(id, process_.life());
    if (!connection || !connection->open)
        return;
    connection->last_up = std::max(connection->last_up, clock_.now() + dice_.between(1, 40));
    clock_.at(connection->last_up,
              [this, id, relay = connection->relay, life = process_.life(), text = std::move(text)] {
                  if (find(id, life))
                      on_frame(id, text);
                  else if (life != process_.life()) // what was written before the process died still arrives
                      take_in_orphan(relay, text);
              });
}

void FakeRelays::say(net::SocketId id, std::string text)
{
    Connection& connection = connections_.at(id);
    connection.last_down = std::max(connection.last_down, clock_.now() + dice_.between(1, 40));
    clock_.at(connection.last_down, [this, id, life = process_.life(), text = std::move(text)] {
        if (find(id, life))
            process_.post(life, net::SocketText{id, text});
    });
}

void FakeRelays::on_frame(net::SocketId id, const std::string& text)
{
    if (faults_.strike(2))
        return hang_up(id, "reset");
    const Json frame = Json::parse(text);
    const std::string verb = frame.at(0).get<std::string>();
    if (verb == "EVENT")
        on_event(id, nostr::event_from_json(frame.at(1)).value());
    else if (verb == "REQ")
        on_request(id, frame.at(1).get<std::string>(), nostr::filter_from_json(frame.at(2)).value());
    else if (verb == "CLOSE")
        connections_.at(id).requests.erase(frame.at(1).get<std::string>());
}

void FakeRelays::on_event(net::SocketId id, const nostr::Event& event)
{
    const auto verdict = [&](bool accepted, const char* reason) {
        say(id, dump_json(Json::array({"OK", event.id_hex(), accepted, reason})));
    };
    const size_t relay = connections_.at(id).relay;
    if (faults_.strike(3))
        return; // neither taken nor answered
    if (faults_.strike(3))
        return verdict(false, "error: try again");
    if (faults_.strike(2))
        return verdict(false, "rate-limited: slow down");
    take_in(relay, event);
    if (faults_.strike(3))
        return; // taken, but the verdict is lost
    if (faults_.strike(2))
        return hang_up(id, "reset after the event");
    verdict(true, "");
}

void FakeRelays::on_request(net::SocketId id, const std::string& name, nostr::Filter filter)
{
    Connection& connection = connections_.at(id);
    std::vector<nostr::Event> found;
    for (const nostr::Event& event : relays_[connection.relay].stored)
        if (filter.matches(event))
            found.push_back(event);
    std::sort(found.begin(), found.end(),
              [](const nostr::Event& a, const nostr::Event& b) { return a.created_at > b.created_at; });
    found.resize(std::min<size_t>(found.size(), filter.limit.value_or(500)));
    for (const nostr::Event& event : found)
        say(id, "[\"EVENT\"," + dump_json(Json(name)) + "," + nostr::encode_event(event) + "]");
    say(id, dump_json(Json::array({"EOSE", name})));
    filter.limit.reset();
    connection.requests[name] = std::move(filter);
}

void FakeRelays::deliver(net::SocketId id, const std::string& name, const nostr::Event& event)
{
    const std::string text = "[\"EVENT\"," + dump_json(Json(name)) + "," + nostr::encode_event(event) + "]";
    if (faults_.strike(5))
        return hang_up(id, "reset before an event");
    if (faults_.strike(10)) // overtaken by others
        return clock_.after(dice_.between(100, 5000), [this, id, life = process_.life(), text] {
            if (find(id, life))
                say(id, text);
        });
    say(id, text);
    if (faults_.strike(10))
        say(id, text);
}

void FakeRelays::take_in(size_t relay, const nostr::Event& event)
{
    std::vector<nostr::Event>& stored = relays_[relay].stored;
    const bool is_known =
        std::any_of(stored.begin(), stored.end(), [&](const auto& each) { return each.id == event.id; });
    if (is_known)
        return;
    if (!nostr::is_ephemeral(event.kind))
        stored.push_back(event);
    listener_(event);
    std::vector<std::pair<net::SocketId, std::string>> wanting;
    for (const auto& [id, connection] : connections_)
        for (const auto& [name, filter] : connection.requests)
            if (connection.relay == relay && filter.matches(event))
                wanting.emplace_back(id, name);
    for (const auto& [id, name] : wanting)
        if (connections_.contains(id))
            deliver(id, name, event);
}

void FakeRelays::take_in_orphan(size_t relay, const std::string& text)
{
    const Json frame = Json::parse(text);
    if (frame.at(0) == "EVENT")
        take_in(relay, nostr::event_from_json(frame.at(1)).value());
}

void FakeRelays::publish(size_t relay, const nostr::Event& event)
{
    take_in(relay, event);
}

} // namespace berth::sim
