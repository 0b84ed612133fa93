#include "provider/control.h"

#include "provider/requests.h"
#include "util/log.h"

#include <algorithm>

namespace berth::provider {

namespace {

constexpr size_t kWaitingMax = 64;
/// A wallet's verb may wait for what no message tells, such as a mint's keysets that are to be read again.
constexpr std::chrono::milliseconds kLookInterval{500};

} // namespace

void Control::handle(const net::LineEvent& event, UnixTime now)
{
    if (const auto* closed = std::get_if<net::LineConnectionClosed>(&event)) {
        std::erase_if(waiting_, [closed](const Waiting& each) { return each.connection == closed->connection; });
        return;
    }
    const auto& received = std::get<net::ReceivedLine>(event);
    const control::Line line = control::decode_line(received.text);
    const Answer answer = line.request ? serve(received, line.id, *line.request, now) : Answer{pass_on(line.request)};
    if (answer)
        p_.answer(received.connection, control::encode_answer(line.id, *answer));
}

Control::Answer Control::serve(const net::ReceivedLine& line, uint64_t id, const control::Request& request,
                               UnixTime now)
{
    if (std::holds_alternative<control::Status>(request))
        return show_node(now);
    if (std::holds_alternative<control::ListLeases>(request))
        return show_leases(now);
    if (const auto* show = std::get_if<control::ShowLease>(&request))
        return show_lease(show->lease, now);
    if (const auto* end = std::get_if<control::EndLease>(&request))
        return end_lease(*end, now);
    if (const auto* wallet = std::get_if<control::Wallet>(&request))
        return serve_wallet(line, id, *wallet, now);
    if (const auto* drain = std::get_if<control::Drain>(&request))
        return serve_drain(line, id, *drain, now);
    p_.drain.end();
    p_.hurry(now);
    return encode_drain(p_.drain.state(), p_.leases.all().size());
}

Control::Answer Control::serve_drain(const net::ReceivedLine& line, uint64_t id, const control::Drain& drain,
                                     UnixTime now)
{
    p_.drain.begin(drain.evict, now);
    p_.hurry(now);
    if (drain.wait.count() == 0 || p_.drain.is_empty())
        return encode_drain(p_.drain.state(), p_.leases.all().size());
    if (waiting_.size() >= kWaitingMax)
        return fail(Errc::unavailable, "draining, but {} commands wait already", kWaitingMax);
    wait_for({.connection = line.connection, .id = id, .wait = drain.wait}, now);
    return std::nullopt;
}

std::vector<const Lease*> Control::open_leases() const
{
    std::vector<const Lease*> leases;
    for (const auto& [id, lease] : p_.leases.all())
        leases.push_back(&lease);
    return leases;
}

std::string Control::show_node(UnixTime now)
{
    NodeView view{.facts = p_.node(),
                  .npub = nostr::PublicKey::of(p_.options.key).npub(),
                  .drain = p_.drain.state(),
                  .leases = open_leases(),
                  .capacity = p_.leases.capacity(),
                  .sold = p_.leases.sold(),
                  .free = p_.leases.free_capacity(),
                  .mints = p_.wallet.status(),
                  .holdings = p_.wallet.holdings(),
                  .outbox = p_.failures.take(p_.relay_rows.count_outbox(now)),
                  .refunds_due = p_.failures.take(p_.refund_rows.load_due()).size()};
    for (const Spec& spec : p_.options.specs)
        view.slots.push_back({spec.id, p_.leases.free_slots(spec)});
    return encode_node(view, now);
}

std::string Control::show_leases(UnixTime now) const
{
    return encode_leases(open_leases(), now);
}

std::optional<Lease> Control::find_lease(const std::string& name)
{
    if (const Lease* open = p_.leases.find(name))
        return *open;
    auto by_id = p_.failures.take(p_.lease_rows.find(name));
    if (by_id)
        return by_id;
    const auto number = parse_pod_number(name);
    if (!number)
        return std::nullopt;
    if (const Lease* open = p_.leases.find_number(*number))
        return *open;
    return p_.failures.take(p_.lease_rows.find_ended(*number));
}

Result<std::string> Control::show_lease(const std::string& name, UnixTime now)
{
    const auto lease = find_lease(name);
    if (!lease)
        return fail(Errc::not_found, "there is no lease {}", name);
    return encode_lease(*lease, p_.failures.take(p_.refund_rows.find_final(lease->id)), now);
}

Result<std::string> Control::end_lease(const control::EndLease& order, UnixTime now)
{
    const auto lease = find_lease(order.lease);
    if (!lease)
        return fail(Errc::not_found, "there is no lease {}", order.lease);
    if (lease->state == LeaseState::redeeming || lease->state == LeaseState::provisioning)
        return fail(Errc::conflict, "lease {} is still being made; end it once it runs", order.lease);
    if (is_live(*lease)) {
        log::info("lease {} is ended by the operator", lease->workload.number);
        p_.desk.evict(*p_.leases.find(lease->id), order.reason, now);
    }
    return show_lease(lease->id, now);
}

Control::Answer Control::serve_wallet(const net::ReceivedLine& line, uint64_t id, const control::Wallet& wallet,
                                      UnixTime now)
{
    if (wallet.request.verb == "restore")
        return fail(Errc::conflict, "a wallet is restored while its provider is stopped; stop it first");
    if (waiting_.size() >= kWaitingMax)
        return fail(Errc::unavailable, "{} commands wait for mints already", kWaitingMax);
    cashu::OperatorVerb verb{wallet.request};
    const auto begun = verb.begin(p_.wallet, now);
    if (!begun)
        return pass_on(begun);
    Answer answer = verb.poll(p_.wallet, now);
    if (answer)
        return answer;
    wait_for({.connection = line.connection, .id = id, .verb = std::move(verb), .wait = wallet.wait}, now);
    return std::nullopt;
}

void Control::wait_for(Waiting waiting, UnixTime now)
{
    waiting.give_up_at = now + waiting.wait;
    waiting_.push_back(std::move(waiting));
    next_look_ = std::min(next_look_, now + kLookInterval);
}

Control::Answer Control::poll(Waiting& waiting, UnixTime now)
{
    if (waiting.verb) {
        Answer answer = waiting.verb->poll(p_.wallet, now);
        if (!answer && now >= waiting.give_up_at)
            return fail(Errc::unavailable, "it is not over after {} s, and goes on", waiting.wait.count());
        return answer;
    }
    if (!p_.drain.state())
        return fail(Errc::conflict, "the provider sells again");
    const size_t left = p_.leases.all().size();
    if (left == 0)
        return encode_drain(p_.drain.state(), left);
    if (now >= waiting.give_up_at)
        return fail(Errc::unavailable, "after {} s {} {} left; nothing is sold", waiting.wait.count(), left,
                    left == 1 ? "lease is" : "leases are");
    return std::nullopt;
}

void Control::tick(UnixTime now)
{
    std::vector<Waiting> waiting;
    waiting.swap(waiting_);
    next_look_ = UnixTime::max();
    for (Waiting& each : waiting) {
        if (const Answer answer = poll(each, now)) {
            p_.answer(each.connection, control::encode_answer(each.id, *answer));
            continue;
        }
        waiting_.push_back(std::move(each));
        next_look_ = now + kLookInterval;
    }
}

UnixTime Control::next_due() const
{
    return next_look_;
}

} // namespace berth::provider
