#include "provider/desk.h"

#include "cashu/bdhke.h"
#include "crypto/hash.h"
#include "provider/own_lease.h"
#include "provider/payment_terms.h"
#include "util/hex.h"
#include "util/log.h"

#include <algorithm>

namespace berth::provider {

namespace {

constexpr size_t kParkedMax = 1000;
/// The public client waits 120 s for everything, of which the container's start needs a few.
constexpr std::chrono::seconds kParkedFor{110};

/// Names an order: the same sender asking the same thing with the same proofs, in whatever event.
Bytes32 order_key_of(const std::string& sender, OrderKind kind, const std::string& target,
                     std::vector<crypto::Point> ys)
{
    std::sort(ys.begin(), ys.end());
    crypto::Sha256 hash;
    hash.update(sender).update(kind == OrderKind::spawn ? "|spawn|" : "|top_up|").update(target).update("|");
    for (const crypto::Point& y : ys)
        hash.update(y.compressed());
    return hash.finish();
}

/// How much longer a lease may be made.
std::chrono::seconds room_of(const Lease& lease, const Options& options, UnixTime now)
{
    return options.lease_max - std::chrono::ceil<std::chrono::seconds>(expiry_of(lease, now) - now);
}

Refusal refusal_of(const cashu::TokenRefusal& refusal)
{
    return {error_type_of(refusal.fault), refusal.message};
}

} // namespace

void Desk::load()
{
    for (const Order& order : p_.failures.take(p_.orders.load_open()))
        // One without a reply may only wait for its change.
        if (order.kind == OrderKind::top_up && !p_.wallet.outcome(order.redemption))
            p_.leases.begin_top_up(order.lease);
}

void Desk::serve(IncomingRequest incoming, UnixTime now)
{
    const RequestOrigin& origin = incoming.origin;
    if (const auto* spawn = std::get_if<SpawnRequest>(&incoming.request))
        return serve_spawn(origin, *spawn, now);
    if (const auto* top_up = std::get_if<TopUpRequest>(&incoming.request))
        return serve_top_up(origin, *top_up, now);
    if (const auto* status = std::get_if<StatusRequest>(&incoming.request))
        return serve_status(origin, *status, now);
    if (const auto* unlock = std::get_if<UnlockRequest>(&incoming.request))
        return p_.unlocks.serve(origin, *unlock, now);
    if (const auto* logs = std::get_if<LogsRequest>(&incoming.request))
        return p_.logs.serve(origin, *logs, now);
    if (const auto* quote = std::get_if<QuoteRequest>(&incoming.request))
        return serve_quote(origin, *quote, now);
    if (const auto* stop = std::get_if<StopRequest>(&incoming.request))
        return serve_stop(origin, *stop, now);
    serve_access(origin, std::get<AccessRequest>(incoming.request), now);
}

void Desk::answer(const RequestOrigin& origin, const std::string& body, UnixTime now)
{
    p_.intake.answer(origin, body, now);
}

void Desk::refuse(const RequestOrigin& origin, const Refusal& refusal, UnixTime now)
{
    log::debug("refused {}: {}", refusal.type, refusal.message);
    answer(origin, encode_error(refusal), now);
}

void Desk::park(const RequestOrigin& origin, Request request, Refusal refusal, UnixTime now)
{
    if (parked_.size() >= kParkedMax)
        return refuse(origin, {error_type::busy, "too many requests are waiting; nothing was taken"}, now);
    parked_.push_back({{origin, std::move(request)}, now + kParkedFor, std::move(refusal)});
}

void Desk::retry_parked(UnixTime now)
{
    std::vector<Parked> again;
    again.swap(parked_);
    for (Parked& parked : again) {
        const UnixTime give_up_at = parked.give_up_at;
        const size_t before = parked_.size();
        serve(std::move(parked.incoming), now);
        if (parked_.size() > before)
            parked_.back().give_up_at = give_up_at;
    }
}

void Desk::tick(UnixTime now)
{
    std::vector<Parked> waiting;
    waiting.swap(parked_);
    for (Parked& parked : waiting) {
        if (now < parked.give_up_at)
            parked_.push_back(std::move(parked));
        else
            refuse(parked.incoming.origin, parked.refusal, now);
    }
}

UnixTime Desk::next_due() const
{
    UnixTime due = UnixTime::max();
    for (const Parked& parked : parked_)
        due = std::min(due, parked.give_up_at);
    return due;
}

bool Desk::is_new_try(const RequestOrigin& origin, const Order& order)
{
    if (!order.reply || !order.settled_at)
        return false;
    const auto outcome = p_.wallet.outcome(order.redemption);
    // Somebody else has those proofs: no try can change that.
    if (!outcome || outcome->received || outcome->refusal.fault == cashu::TokenFault::already_spent)
        return false;
    // Copies of the request that was refused are on their way for a while; their sender was told that the token is
    // untouched, and may have spent it. What was written later is meant.
    return origin.created_at > unix_seconds(*order.settled_at);
}

bool Desk::join_order(const RequestOrigin& origin, const Bytes32& key, UnixTime now)
{
    const std::optional<Order> order = p_.failures.take(p_.orders.find(key));
    if (!order || is_new_try(origin, *order))
        return false;
    p_.failures.check(p_.orders.insert_request(origin, key, now));
    p_.intake.finish(origin.message_id);
    if (order->reply)
        answer_all(p_.failures.take(p_.orders.take_unanswered(key)), *order->reply, now);
    return true;
}

std::optional<Desk::Payment> Desk::take_payment(const RequestOrigin& origin, const Request& request,
                                                const std::string& token, OrderKind kind, const std::string& target,
                                                UnixTime now)
{
    // The same payment again joins its order before anything is judged: the token is spent by now, by us.
    const auto decoded = cashu::decode_token(token);
    if (decoded) {
        std::vector<crypto::Point> ys;
        for (const cashu::Proof& proof : decoded->proofs)
            ys.push_back(cashu::hash_to_curve(as_bytes(proof.secret)));
        const Bytes32 key = order_key_of(origin.sender, kind, target, ys);
        if (join_order(origin, key, now)) {
            p_.lost_keys.take_again(key, request, now);
            return std::nullopt;
        }
    }
    cashu::TokenCheck check = p_.wallet.check(token, now);
    if (check.keysets_needed) {
        park(origin, request,
             {error_type::mint_network_error, "the token's mint does not answer; the token is still yours"}, now);
        return std::nullopt;
    }
    if (check.refusal) {
        refuse(origin, refusal_of(*check.refusal), now);
        return std::nullopt;
    }
    VERIFY(check.token.has_value());
    if (const auto refusal = judge_lock(*check.token, p_.options, p_.wallet.lock_key(), now)) {
        refuse(origin, *refusal, now);
        return std::nullopt;
    }
    const Bytes32 key = order_key_of(origin.sender, kind, target, check.token->ys);
    return Payment{std::move(*check.token), key};
}

void Desk::place_order(const RequestOrigin& origin, const Order& order, UnixTime now)
{
    p_.failures.check(p_.orders.place(order));
    p_.failures.check(p_.orders.insert_request(origin, order.key, now));
    p_.intake.finish(origin.message_id);
}

void Desk::refuse_claimed(const RequestOrigin& origin, const cashu::CheckedToken& token, const Error& error,
                          UnixTime now)
{
    // A token that can't be redeemed is no failure of ours, which would end the process, whenever it is sent again.
    if (error.code == Errc::bad_input)
        return refuse(origin, {error_type::invalid_token, error.message + "; nothing was taken"}, now);
    if (error.code != Errc::conflict)
        return p_.failures.check(Unexpected{error});
    const auto claim = p_.wallet.find_claim(token.ys);
    refuse(origin, claim ? refusal_of(*claim) : Refusal{error_type::token_pending, error.message}, now);
}

void Desk::serve_spawn(const RequestOrigin& origin, const SpawnRequest& request, UnixTime now)
{
    const auto payment = take_payment(origin, request, request.cashu_token, OrderKind::spawn, "", now);
    if (!payment)
        return;
    auto verdict = admit(request, p_.options, p_.random);
    if (const auto* refusal = std::get_if<Refusal>(&verdict))
        return refuse(origin, *refusal, now);
    const Admission& admission = std::get<Admission>(verdict);
    if (const auto refusal = judge_duration(payment->token.net, admission.spec, p_.options))
        return refuse(origin, *refusal, now);
    if (p_.leases.is_draining())
        return refuse(origin, {error_type::no_capacity, std::string{kDraining} + "; nothing was taken"}, now);
    if (!p_.leases.is_surveyed())
        return park(origin, request,
                    {error_type::backend_error, "the container engine does not answer; nothing was taken"}, now);
    if (p_.leases.why_closed())
        return refuse(origin, refusal_of_closed(), now);
    if (const auto refusal = judge_encryption(request, admission, p_.volumes))
        return refuse(origin, *refusal, now);
    if (request.template_slug && !p_.limits.is_known())
        return park(origin, request,
                    {error_type::backend_error, "the container engine does not answer; nothing was taken"}, now);
    if (const auto refusal = p_.limits.judge(admission.workload.nofile_max))
        return refuse(origin, *refusal, now);
    const Images::Answer image =
        p_.images.ask(admission.workload.image, {origin.sender, request.template_slug.has_value()}, now);
    if (image == Images::Answer::busy)
        return refuse(origin, {error_type::busy, "too many images are being pulled; nothing was taken"}, now);
    if (image == Images::Answer::asking)
        return park(origin, request,
                    {error_type::image_not_found, "the image could not be pulled in time; nothing was taken"}, now);
    if (image == Images::Answer::failed)
        return refuse(origin, p_.images.failure(admission.workload.image), now);
    auto lease = p_.leases.reserve(admission, origin.sender, now);
    if (!lease)
        return refuse(origin, {error_type::no_capacity, lease.error().message + "; nothing was taken"}, now);
    const auto redemption = p_.wallet.begin_redemption(payment->token, now);
    if (!redemption) {
        p_.leases.give_back(*lease);
        return refuse_claimed(origin, payment->token, redemption.error(), now);
    }
    lease->duration = std::min(duration_of(payment->token.net, admission.spec), p_.options.lease_max);
    lease->redemption = *redemption;
    place_order(origin,
                {.key = payment->order_key,
                 .kind = OrderKind::spawn,
                 .owner = origin.sender,
                 .lease = lease->id,
                 .redemption = *redemption,
                 .mint = payment->token.mint,
                 .unit = payment->token.unit},
                now);
    std::shared_ptr<const luks::VolumeKey> key;
    if (request.volume_encryption) {
        auto read = read_key(*request.volume_encryption);
        VERIFY(read.has_value());
        lease->workload.encrypted = true;
        key = std::make_shared<const luks::VolumeKey>(std::move(*read));
    }
    p_.leases.add(std::move(*lease), std::move(key));
}

void Desk::serve_top_up(const RequestOrigin& origin, const TopUpRequest& request, UnixTime now)
{
    const auto number = parse_pod_number(request.pod);
    if (!number)
        return refuse(origin, {error_type::invalid_pod_id, "pod_npub is container-<number> or the number"}, now);
    const Lease* lease = p_.leases.find_number(*number);
    // By number, not by lease: the same top-up again must find its order when that lease has long ended.
    const std::string target = std::to_string(*number);
    const auto payment = take_payment(origin, request, request.cashu_token, OrderKind::top_up, target, now);
    if (!payment)
        return;
    if (!lease) {
        if (find_own_ended(request.pod, origin.sender))
            return refuse(origin, {error_type::lease_expired, "that lease has ended; nothing was taken"}, now);
        Refusal refusal = refusal_of_unknown(p_.leases);
        refusal.message += "; nothing was taken";
        return refuse(origin, std::move(refusal), now);
    }
    if (lease->owner != origin.sender)
        return refuse(origin, {error_type::not_owner, "that lease is somebody else's; nothing was taken"}, now);
    const UnixTime expiry = expiry_of(*lease, now);
    if (!is_live(*lease) || now >= expiry)
        return refuse(origin, {error_type::lease_expired, "that lease is not running; nothing was taken"}, now);
    if (p_.leases.is_draining()) // what is waited for must come to its end
        return refuse(origin, {error_type::no_capacity, std::string{kDraining} + "; nothing was taken"}, now);
    if (duration_of(payment->token.net, lease->spec).count() == 0)
        return refuse(origin, {error_type::insufficient_payment, "that does not buy a second; nothing was taken"}, now);
    if (room_of(*lease, p_.options, now).count() <= 0)
        return refuse(
            origin,
            {error_type::invalid_request, "that lease has all the time that is sold at once; nothing was taken"}, now);
    const auto redemption = p_.wallet.begin_redemption(payment->token, now);
    if (!redemption) {
        return refuse_claimed(origin, payment->token, redemption.error(), now);
    }
    place_order(origin,
                {.key = payment->order_key,
                 .kind = OrderKind::top_up,
                 .owner = origin.sender,
                 .lease = lease->id,
                 .redemption = *redemption,
                 .mint = payment->token.mint,
                 .unit = payment->token.unit},
                now);
    p_.leases.begin_top_up(lease->id);
}

bool Desk::answer_all(const std::vector<RequestOrigin>& waiting, const std::string& body, UnixTime now)
{
    for (const RequestOrigin& origin : waiting)
        p_.replies.answer(origin, body, now);
    return !waiting.empty();
}

bool Desk::settle_key(const Bytes32& order, const std::string& body, UnixTime now)
{
    p_.failures.check(p_.orders.settle(order, body, now));
    return answer_all(p_.failures.take(p_.orders.take_unanswered(order)), body, now);
}

void Desk::settle_with_refund(const Order& order, const Refusal& refusal, UnixTime now)
{
    const auto text = p_.wallet.refund_token(order.redemption, now);
    if (!text)
        return p_.failures.check(pass_on(text));
    const auto token = cashu::decode_token(*text);
    VERIFY(token.has_value());
    const auto amount = cashu::total(token->proofs);
    VERIFY(amount.has_value());
    const auto unit = cashu::parse_unit(token->unit.value_or("sat"));
    settle(order,
           encode_error(refusal, RefundNote{.token = *text,
                                            .mint = token->mint,
                                            .unit = unit.value_or(cashu::Unit::sat),
                                            .amount = *amount}),
           now);
}

void Desk::on_redeemed(const cashu::Redeemed& redeemed, UnixTime now)
{
    const std::optional<Order> order = p_.failures.take(p_.orders.find_by_redemption(redeemed.id));
    if (!order)
        return;
    if (redeemed.late) {
        // Its sender was told that the token is unspent; the same requests now hear where the money is.
        p_.failures.check(p_.orders.answer_again(order->key));
        return settle_with_refund(
            *order, {error_type::race_lost, "the mint took the token after all, too late; it is given back"}, now);
    }
    if (order->kind == OrderKind::top_up)
        return settle_top_up(*order, redeemed, now);
    const bool is_reserved = p_.leases.is_reserved(order->lease);
    if (redeemed.received && !is_reserved)
        return settle_with_refund(
            *order, {error_type::race_lost, "the mint answered after its place was given up; it is given back"}, now);
    if (redeemed.received) {
        // The fee may have risen between the look at the token and the swap that the mint took.
        const Lease* lease = p_.leases.find(order->lease);
        if (duration_of(redeemed.net, lease->spec) >= lease->duration)
            return p_.leases.pay(order->lease, now);
        p_.leases.refuse(order->lease, now);
        return settle_with_refund(
            *order, {error_type::insufficient_payment, "the mint's fee rose meanwhile; the rest is given back"}, now);
    }
    if (is_reserved)
        p_.leases.refuse(order->lease, now);
    settle(*order, encode_error(refusal_of(redeemed.refusal)), now);
}

void Desk::settle_top_up(const Order& order, const cashu::Redeemed& redeemed, UnixTime now)
{
    p_.leases.end_top_up(order.lease);
    if (!redeemed.received)
        return settle(order, encode_error(refusal_of(redeemed.refusal)), now);
    const Lease* lease = p_.leases.find(order.lease);
    if (!lease || !is_live(*lease))
        return settle_with_refund(order, {error_type::race_lost, "the lease ended while the top-up was redeemed"}, now);
    const std::chrono::seconds added =
        std::min(duration_of(redeemed.net, lease->spec), room_of(*lease, p_.options, now));
    if (added.count() <= 0)
        return settle_with_refund(
            order, {error_type::race_lost, "another top-up gave that lease all the time that is sold at once"}, now);
    p_.leases.extend(order.lease, added, now);
    settle_with_change(order, *lease, redeemed.net, added, encode_top_up(view_of(*lease), added), now);
}

void Desk::settle_with_change(const Order& order, const Lease& lease, cashu::Msat net, std::chrono::seconds granted,
                              const std::string& body, UnixTime now)
{
    p_.failures.check(p_.wallet.release(order.redemption));
    const cashu::Msat price = price_of(granted, lease.spec);
    p_.failures.check(p_.orders.credit(order.key, price));
    // Less than a second's worth is not change: to pay it out would cost more than it is.
    if (duration_of(net, lease.spec) <= granted)
        return settle(order, body, now);
    const cashu::Msat excess{net.value - price.value};
    p_.refunds.begin({.key = "change:" + encode_hex(order.key),
                      .lease = lease.id,
                      .order = order.key,
                      .member = "change",
                      .body = body,
                      .parts = share_out(excess, {{order.mint, order.unit, excess}})},
                     now);
}

void Desk::on_running(const Lease& lease, UnixTime now)
{
    const std::optional<Order> order = p_.failures.take(p_.orders.find_by_redemption(lease.redemption));
    VERIFY(order.has_value());
    const auto redeemed = p_.wallet.outcome(lease.redemption);
    VERIFY(redeemed && redeemed->received);
    settle_with_change(*order, lease, redeemed->net, lease.duration,
                       encode_access(view_of(lease), p_.options.public_address), now);
    log::info("lease {} runs until {} ({}, {})", lease.workload.number, rfc3339(lease.expires_at), lease.spec.id,
              lease.workload.image);
}

void Desk::on_failed(const Lease& lease, const Error& error, UnixTime now)
{
    p_.images.doubt(lease.workload.image);
    const std::optional<Order> order = p_.failures.take(p_.orders.find_by_redemption(lease.redemption));
    VERIFY(order.has_value());
    settle_with_refund(*order, {error_type::backend_error, "the workload could not be started: " + error.message}, now);
}

} // namespace berth::provider
