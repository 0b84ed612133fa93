#include "provider/extensions.h"

#include "provider/admission.h"
#include "util/json.h"

namespace berth::provider {

namespace {

void add_price(OrderedJson& body, const Options& options, const Spec& spec)
{
    body["pod_spec_id"] = spec.id;
    body["cpu_millicores"] = spec.cpu_millicores;
    body["memory_mb"] = spec.memory_mb;
    body["disk_gb"] = spec.disk_gb;
    body["rate_msats_per_sec"] = spec.rate_msats_per_sec;
    body["min_duration_seconds"] = options.lease_min.count();
    body["max_duration_seconds"] = options.lease_max.count();
    body["min_amount_msat"] = price_of(options.lease_min, spec).value;
}

void add_bargain(OrderedJson& body, const Options& options, const Spec& spec, cashu::Msat amount)
{
    const std::chrono::seconds bought = duration_of(amount, spec);
    const std::chrono::seconds granted = std::min(bought, options.lease_max);
    body["amount_msat"] = amount.value;
    body["duration_seconds"] = granted.count();
    body["change_msat"] = bought > granted ? amount.value - price_of(granted, spec).value : 0;
}

} // namespace

std::string encode_quote(const Options& options, const Quote& quote)
{
    OrderedJson body{{"request", "quote"}, {"accepted", !quote.refusal}};
    if (quote.refusal) {
        body["error_type"] = quote.refusal->type;
        body["message"] = quote.refusal->message;
    }
    if (quote.spec) {
        add_price(body, options, *quote.spec);
        body["free_slots"] = quote.free_slots;
        if (quote.amount)
            add_bargain(body, options, *quote.spec, *quote.amount);
    }
    if (!quote.refusal)
        body["image"] = quote.is_image_present ? "present" : "will be pulled";
    OrderedJson mints = OrderedJson::array();
    for (const cashu::MintOptions& mint : options.wallet.mints)
        mints.push_back(mint.url);
    body["mints"] = mints;
    body["payment_request"] = quote.payment_request;
    body["accepts_unlocked_tokens"] = options.accept_unlocked_tokens;
    return dump_json(body);
}

std::string encode_unlocked(uint32_t number, UnixTime expires_at)
{
    return dump_json(OrderedJson{{"request", "unlock"},
                                 {"pod_id", std::to_string(number)},
                                 {"status", "Running"},
                                 {"expires_at", rfc3339(expires_at)}});
}

std::string encode_locked(uint32_t number)
{
    return dump_json(OrderedJson{
        {"notice", "locked"},
        {"pod_id", std::to_string(number)},
        {"message", fmt::format("The provider's host was restarted. {} waits for the key of its encrypted volume: send "
                                "it with an unlock request.",
                                pod_name(number))}});
}

std::string encode_unused_time(const UnusedTime& facts)
{
    OrderedJson body;
    if (facts.reason == "stopped")
        body["request"] = "stop";
    else
        body["notice"] = facts.reason;
    if (!facts.explanation.empty())
        body["reason"] = facts.explanation;
    body["pod_id"] = std::to_string(facts.number);
    body["status"] = "Stopped";
    body["ended_at"] = rfc3339(facts.ended_at);
    body["bought_seconds"] = facts.bought.count();
    body["used_seconds"] = (facts.bought - facts.unused).count();
    body["unused_seconds"] = facts.unused.count();
    body["rate_msats_per_sec"] = facts.rate_msats_per_sec;
    body["refund_msat"] = facts.refunded_msat;
    body["message"] =
        fmt::format("{} s unused x {} msat/s = {} msat, of which {} msat come back in whole units",
                    facts.unused.count(), facts.rate_msats_per_sec, facts.owed.value, facts.refunded_msat);
    return dump_json(body);
}

} // namespace berth::provider
