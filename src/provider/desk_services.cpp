// The desk's requests that take no payment: status, access, quote and stop.

#include "provider/desk.h"
#include "provider/extensions.h"
#include "provider/own_lease.h"
#include "provider/payment_terms.h"

#include "util/log.h"

#include <algorithm>

namespace berth::provider {

namespace {

std::string refund_key_of(const std::string& lease)
{
    return "rest:" + lease;
}

const char* status_of_ended(const std::string& reason)
{
    if (reason == "expired")
        return "Expired";
    return reason == "stopped" || reason == "evicted" ? "Stopped" : "Failed";
}

/// A moment at which nothing remains of a lease that is over, whatever was bought.
UnixTime end_of(const LeaseView& view, UnixTime now)
{
    return std::max(now, view.expires_at);
}

/// One that was not reached yet may turn out well when the token comes.
bool may_be_paid(const std::vector<cashu::MintStatus>& mints)
{
    return std::any_of(mints.begin(), mints.end(),
                       [](const cashu::MintStatus& mint) { return mint.suitable || !mint.known; });
}

std::chrono::seconds unused_time_of(const Lease& lease, UnixTime now)
{
    const auto left = std::chrono::floor<std::chrono::seconds>(expiry_of(lease, now) - now);
    return std::clamp(left, std::chrono::seconds{0}, lease.duration);
}

} // namespace

const Lease* Desk::find_pod(const std::string& pod, const std::string& sender) const
{
    if (const auto number = parse_pod_number(pod))
        return p_.leases.find_number(*number);
    const auto key = nostr::PublicKey::parse(pod);
    return key && key->hex() == sender ? p_.leases.find_owner(sender) : nullptr;
}

std::optional<Lease> Desk::find_own_ended(const std::string& pod, const std::string& sender) const
{
    const auto number = parse_pod_number(pod);
    if (!number)
        return std::nullopt;
    auto ended = p_.failures.take(p_.lease_rows.find_ended(*number));
    return ended && ended->owner == sender ? std::move(ended) : std::nullopt;
}

void Desk::serve_status(const RequestOrigin& origin, const StatusRequest& request, UnixTime now)
{
    const Lease* lease = find_pod(request.pod, origin.sender);
    if (lease && lease->owner == origin.sender) {
        LeaseView view = view_of(*lease);
        view.expires_at = expiry_of(*lease, now);
        const bool is_over = lease->state == LeaseState::ending;
        return answer(origin, encode_status(view, p_.options.public_address, is_over ? end_of(view, now) : now), now);
    }
    if (const auto ended = find_own_ended(request.pod, origin.sender)) {
        const LeaseView view = view_of(*ended);
        return answer(origin, encode_status(view, p_.options.public_address, end_of(view, now)), now);
    }
    refuse(origin, refusal_of_unknown(p_.leases), now);
}

void Desk::serve_access(const RequestOrigin& origin, const AccessRequest& request, UnixTime now)
{
    const Lease* lease = find_pod(request.pod, origin.sender);
    if (!lease || lease->owner != origin.sender)
        return refuse(origin, refusal_of_unknown(p_.leases), now);
    answer(origin, encode_access_again(view_of(*lease), p_.options.public_address), now);
}

void Desk::serve_quote(const RequestOrigin& origin, const QuoteRequest& request, UnixTime now)
{
    Quote quote{.amount = request.amount_msat ? std::optional{cashu::Msat{*request.amount_msat}} : std::nullopt,
                .payment_request = make_payment_request(p_.options, p_.wallet.lock_key(), now)};
    quote.spec = find_spec(request.wish.spec_id, p_.options);
    if (quote.spec)
        quote.free_slots = p_.leases.free_slots(*quote.spec);
    auto verdict = admit(request.wish, p_.options, p_.random);
    if (auto* refusal = std::get_if<Refusal>(&verdict)) {
        quote.refusal = std::move(*refusal);
        return answer(origin, encode_quote(p_.options, quote), now);
    }
    if (quote.amount)
        quote.refusal = judge_duration(*quote.amount, *quote.spec, p_.options);
    if (!p_.leases.is_surveyed())
        return park(origin, request, {error_type::backend_error, "the container engine does not answer"}, now);
    const Admission& admission = std::get<Admission>(verdict);
    if (request.wish.template_slug && !p_.limits.is_known())
        return park(origin, request, {error_type::backend_error, "the container engine does not answer"}, now);
    if (p_.leases.why_closed())
        quote.refusal = refusal_of_closed();
    if (!quote.refusal)
        quote.refusal = judge_encryption(request.wish, admission, p_.volumes);
    if (!quote.refusal)
        quote.refusal = p_.limits.judge(admission.workload.nofile_max);
    if (!quote.refusal && !may_be_paid(p_.wallet.status()))
        quote.refusal = Refusal{error_type::mint_error, "none of this provider's mints can be used now"};
    const std::string& image = admission.workload.image;
    const Images::Answer found = p_.images.look(image, now);
    if (found == Images::Answer::asking)
        return park(origin, request, {error_type::backend_error, "the container engine does not answer"}, now);
    quote.is_image_present = found == Images::Answer::present;
    if (!quote.refusal && found == Images::Answer::failed)
        quote.refusal = p_.images.failure(image);
    if (!quote.refusal && p_.leases.is_draining())
        quote.refusal = Refusal{error_type::no_capacity, kDraining};
    if (!quote.refusal && quote.free_slots == 0)
        quote.refusal = Refusal{error_type::no_capacity, fmt::format("no room for another {} now", quote.spec->id)};
    answer(origin, encode_quote(p_.options, quote), now);
}

Refusal Desk::refusal_of_closed() const
{
    return {error_type::backend_error,
            "this provider can't start workloads safely now, its operator has been told why; nothing was taken"};
}

void Desk::serve_stop(const RequestOrigin& origin, const StopRequest& request, UnixTime now)
{
    const Lease* lease = find_pod(request.pod, origin.sender);
    if (!lease || lease->owner != origin.sender) {
        if (const auto ended = find_own_ended(request.pod, origin.sender))
            return join_refund(origin, ended->id, now);
        return refuse(origin, refusal_of_unknown(p_.leases), now);
    }
    switch (lease->state) {
    case LeaseState::redeeming:
    case LeaseState::provisioning:
        return refuse(origin, {error_type::busy, "that lease is still being made; stop it once it runs"}, now);
    case LeaseState::running:
    case LeaseState::locked:
        if (now >= expiry_of(*lease, now))
            return refuse(origin, {error_type::lease_expired, "that lease has ended by itself"}, now);
        p_.failures.check(p_.orders.insert_refund_request(origin, refund_key_of(lease->id), now));
        p_.intake.finish(origin.message_id);
        p_.leases.stop(lease->id, "stopped", now);
        return refund_unused(*lease, {}, now);
    case LeaseState::ending:
    case LeaseState::ended:
        return join_refund(origin, lease->id, now);
    }
}

void Desk::join_refund(const RequestOrigin& origin, const std::string& lease, UnixTime now)
{
    const auto refund = p_.failures.take(p_.refund_rows.find_final(lease));
    if (!refund)
        return refuse(origin, {error_type::lease_expired, "that lease has ended by itself"}, now);
    if (refund->reply || refund->announced)
        return answer(origin, refund->reply ? *refund->reply : with_money(*refund, {}), now);
    p_.failures.check(p_.orders.insert_refund_request(origin, refund->key, now));
    p_.intake.finish(origin.message_id);
}

void Desk::evict(const Lease& lease, const std::string& reason, UnixTime now)
{
    p_.leases.stop(lease.id, "evicted", now);
    refund_unused(lease, reason, now);
}

void Desk::refund_unused(const Lease& lease, const std::string& explanation, UnixTime now)
{
    const std::chrono::seconds unused = unused_time_of(lease, now);
    const cashu::Msat owed = price_of(unused, lease.spec);
    Refund refund{.key = refund_key_of(lease.id),
                  .lease = lease.id,
                  .member = "refund",
                  .parts = share_out(owed, p_.failures.take(p_.orders.credits_newest_first(lease.id)))};
    uint64_t refunded_msat = 0;
    for (const RefundPart& part : refund.parts)
        refunded_msat += cashu::to_msat(part.amount, part.unit).value_or(cashu::Msat{}).value;
    refund.body = encode_unused_time({.number = lease.workload.number,
                                      .reason = lease.end_reason,
                                      .explanation = explanation,
                                      .ended_at = now,
                                      .bought = lease.duration,
                                      .unused = unused,
                                      .rate_msats_per_sec = lease.spec.rate_msats_per_sec,
                                      .owed = owed,
                                      .refunded_msat = refunded_msat});
    log::info("lease {} {}: {} s unused, {} msat go back", lease.workload.number, lease.end_reason, unused.count(),
              refunded_msat);
    p_.refunds.begin(refund, now);
}

cashu::Msat Desk::owed_at(const std::string& mint, UnixTime now) const
{
    cashu::Msat sum;
    for (const Lease* lease : p_.leases.live()) {
        const cashu::Msat owed = price_of(unused_time_of(*lease, now), lease->spec);
        for (const RefundPart& part : share_out(owed, p_.failures.take(p_.orders.credits_newest_first(lease->id))))
            if (part.mint == mint)
                sum.value += cashu::to_msat(part.amount, part.unit).value_or(cashu::Msat{}).value;
    }
    return sum;
}

void Desk::on_refund(const Refund& refund, const std::string& body, UnixTime now)
{
    const bool heard = refund.order
                           ? settle_key(*refund.order, body, now)
                           : answer_all(p_.failures.take(p_.orders.take_unanswered_by_refund(refund.key)), body, now);
    if (heard)
        return;
    if (const auto origin = p_.failures.take(p_.orders.newest_origin(refund.lease)))
        p_.replies.notify(*origin, body, now);
}

LeaseView Desk::view_of(const Lease& lease) const
{
    LeaseView view{.number = lease.workload.number,
                   .status = {},
                   .expires_at = lease.expires_at,
                   .ssh_port = 0,
                   .username = lease.username,
                   .password = lease.password,
                   .container_ip = lease.container_ip,
                   .template_ports = {},
                   .spec = lease.spec,
                   .restarts = lease.restarts};
    switch (lease.state) {
    case LeaseState::redeeming:
    case LeaseState::provisioning:
        view.status = "Pending";
        break;
    case LeaseState::running:
        // Words that the public client knows.
        view.status = !lease.restarts.is_down ? "Running" : lease.restarts.is_looping ? "Failed" : "Starting";
        break;
    case LeaseState::locked:
        view.status = "Locked";
        break;
    case LeaseState::ending:
    case LeaseState::ended:
        view.status = status_of_ended(lease.end_reason);
        break;
    }
    for (const compute::PortMapping& port : lease.workload.ports) {
        if (port.label == "ssh")
            view.ssh_port = port.host_port;
        else
            view.template_ports.push_back(port);
    }
    return view;
}

} // namespace berth::provider
