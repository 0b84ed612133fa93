#include "provider/control_views.h"

#include "util/json.h"

#include <algorithm>

namespace berth::provider {

namespace {

std::string npub_of(const std::string& hex)
{
    const auto key = nostr::PublicKey::parse_hex(hex);
    return key ? key->npub() : hex;
}

OrderedJson lease_of(const Lease& lease, UnixTime now)
{
    OrderedJson body{{"number", lease.workload.number},        {"id", lease.id},        {"state", name_of(lease.state)},
                     {"owner", npub_of(lease.owner)},          {"spec", lease.spec.id}, {"image", lease.workload.image},
                     {"created_at", rfc3339(lease.created_at)}};
    if (is_live(lease)) {
        const UnixTime expiry = expiry_of(lease, now);
        body["expires_at"] = rfc3339(expiry);
        body["left_seconds"] = std::max<int64_t>(0, std::chrono::floor<std::chrono::seconds>(expiry - now).count());
    }
    if (lease.rebuilt)
        body["rebuilt"] = true; // from its file: what was paid for it is not known
    if (!lease.end_reason.empty())
        body["end_reason"] = lease.end_reason;
    return body;
}

OrderedJson ports_of(const Lease& lease)
{
    OrderedJson ports = OrderedJson::array();
    for (const compute::PortMapping& port : lease.workload.ports)
        ports.push_back({{"label", port.label},
                         {"protocol", port.protocol},
                         {"host_port", port.host_port},
                         {"container_port", port.container_port}});
    return ports;
}

OrderedJson refund_of(const Refund& refund)
{
    OrderedJson body{{"state", refund.reply ? "made" : "due"}};
    OrderedJson parts = OrderedJson::array();
    uint64_t msat = 0;
    for (const RefundPart& part : refund.parts) {
        parts.push_back({{"mint", part.mint}, {"unit", cashu::name_of(part.unit)}, {"amount", part.amount}});
        msat += cashu::to_msat(part.amount, part.unit).value_or(cashu::Msat{}).value;
    }
    body["msat"] = msat;
    body["parts"] = std::move(parts);
    const OrderedJson told = OrderedJson::parse(refund.body, nullptr, false);
    for (const char* member : {"ended_at", "bought_seconds", "used_seconds", "unused_seconds", "reason", "message"})
        if (told.is_object() && told.contains(member))
            body[member] = told.at(member);
    return body;
}

OrderedJson drain_of(const std::optional<DrainState>& drain, size_t leases)
{
    if (!drain)
        return {{"draining", false}, {"leases", leases}};
    return {{"draining", true},
            {"since", rfc3339(drain->since)},
            {"evicting", drain->evicting},
            {"leases", leases},
            {"empty", leases == 0}};
}

OrderedJson counts_of(const std::vector<const Lease*>& leases)
{
    OrderedJson counts = OrderedJson::object();
    for (const LeaseState state :
         {LeaseState::redeeming, LeaseState::provisioning, LeaseState::running, LeaseState::locked, LeaseState::ending})
        counts[name_of(state)] =
            std::count_if(leases.begin(), leases.end(), [state](const Lease* lease) { return lease->state == state; });
    return counts;
}

OrderedJson relays_of(const std::vector<nostr::relay::Pool::RelayStatus>& relays)
{
    OrderedJson list = OrderedJson::array();
    for (const auto& relay : relays)
        list.push_back({{"url", relay.url},
                        {"connected", relay.connected},
                        {"subscribed", relay.subscribed},
                        {"events_received", relay.events_received},
                        {"events_refused", relay.events_refused},
                        {"last_error", relay.last_error}});
    return list;
}

OrderedJson mints_of(const std::vector<cashu::MintStatus>& mints)
{
    OrderedJson list = OrderedJson::array();
    for (const cashu::MintStatus& mint : mints)
        list.push_back({{"url", mint.url},
                        {"known", mint.known},
                        {"suitable", mint.suitable},
                        {"practice", mint.practice},
                        {"problem", mint.problem},
                        {"balance_msat", mint.balance.value}});
    return list;
}

OrderedJson resources_of(const Resources& resources)
{
    return {{"cpu_millicores", resources.cpu_millicores},
            {"memory_mb", resources.memory_mb},
            {"storage_gb", resources.storage_gb}};
}

OrderedJson wallet_of(const std::vector<cashu::Holding>& holdings)
{
    uint64_t unspent = 0;
    uint64_t reserved = 0;
    uint64_t pending = 0;
    const auto msat = [](cashu::Amount amount, cashu::Unit unit) {
        return cashu::to_msat(amount, unit).value_or(cashu::Msat{}).value;
    };
    for (const cashu::Holding& held : holdings) {
        unspent += msat(held.unspent, held.unit);
        reserved += msat(held.reserved, held.unit);
        pending += msat(held.pending, held.unit);
    }
    return {{"unspent_msat", unspent}, {"reserved_msat", reserved}, {"pending_msat", pending}};
}

} // namespace

std::string encode_leases(std::vector<const Lease*> leases, UnixTime now)
{
    std::sort(leases.begin(), leases.end(),
              [](const Lease* a, const Lease* b) { return a->workload.number < b->workload.number; });
    OrderedJson list = OrderedJson::array();
    for (const Lease* lease : leases)
        list.push_back(lease_of(*lease, now));
    OrderedJson body;
    body["leases"] = std::move(list);
    return dump_json(body);
}

std::string encode_lease(const Lease& lease, const std::optional<Refund>& refund, UnixTime now)
{
    OrderedJson body = lease_of(lease, now);
    body["cpu_millicores"] = lease.spec.cpu_millicores;
    body["memory_mb"] = lease.spec.memory_mb;
    body["disk_gb"] = lease.spec.disk_gb;
    body["rate_msats_per_sec"] = lease.spec.rate_msats_per_sec;
    body["bought_seconds"] = lease.duration.count();
    body["encrypted"] = lease.workload.encrypted;
    body["container_id"] = lease.container_id;
    body["container_ip"] = lease.container_ip;
    body["ports"] = ports_of(lease);
    body["top_ups_under_way"] = lease.top_ups_open;
    if (refund)
        body["refund"] = refund_of(*refund);
    return dump_json(body);
}

std::string encode_drain(const std::optional<DrainState>& drain, size_t leases)
{
    return dump_json(drain_of(drain, leases));
}

std::string encode_node(const NodeView& view, UnixTime now)
{
    const NodeFacts& facts = view.facts;
    OrderedJson body{{"running", true}, {"version", BERTH_VERSION}, {"npub", view.npub}};
    body["started_at"] = rfc3339(facts.started_at);
    body["uptime_seconds"] = std::chrono::floor<std::chrono::seconds>(now - facts.started_at).count();
    body["public"] = facts.is_public;
    body["drain"] = drain_of(view.drain, view.leases.size());
    body["engine"] = {{"answers", !facts.engine.empty()}, {"version", facts.engine}};
    body["relays"] = relays_of(facts.relays);
    body["mints"] = mints_of(view.mints);
    body["leases"] = counts_of(view.leases);
    OrderedJson slots = OrderedJson::object();
    for (const SpecSlots& spec : view.slots)
        slots[spec.id] = spec.free;
    body["free_slots"] = std::move(slots);
    body["capacity"] = resources_of(view.capacity);
    body["sold"] = resources_of(view.sold);
    body["free"] = resources_of(view.free);
    body["wallet"] = wallet_of(view.holdings);
    body["outbox"] = view.outbox;
    body["refunds_due"] = view.refunds_due;
    return dump_json(body);
}

} // namespace berth::provider
