#include "provider/notices.h"

#include "provider/wire.h"
#include "util/json.h"
#include "util/log.h"

namespace berth::provider {

void Notices::tell(const Lease& lease, const std::string& body, UnixTime now)
{
    // Whoever paid before the rows were lost can still be reached by key.
    const RequestOrigin by_key{.transport = nostr::Transport::nip17, .sender = lease.owner, .relays = {}};
    p_.replies.notify(p_.failures.take(p_.orders.newest_origin(lease.id)).value_or(by_key), body, now);
}

void Notices::tell_expiring(const Lease& lease, UnixTime now)
{
    tell(lease, encode_expiring(p_.options, lease, now), now);
}

void Notices::tell_crash_looping(const Lease& lease, const std::string& last_lines, UnixTime now)
{
    log::info("lease {} crash-loops; its owner is told", lease.workload.number);
    tell(lease, encode_crash_looping(lease, last_lines), now);
}

std::string encode_expiring(const Options& options, const Lease& lease, UnixTime now)
{
    const auto remaining = std::chrono::duration_cast<std::chrono::seconds>(lease.expires_at - now);
    OrderedJson mints = OrderedJson::array();
    for (const cashu::MintOptions& mint : options.wallet.mints)
        mints.push_back(mint.url);
    const std::string pod = pod_name(lease.workload.number);
    return dump_json(OrderedJson{
        {"notice", "expiring"},
        {"pod_id", std::to_string(lease.workload.number)},
        {"expires_at", rfc3339(lease.expires_at)},
        {"time_remaining_seconds", std::max<int64_t>(0, remaining.count())},
        {"rate_msats_per_sec", lease.spec.rate_msats_per_sec},
        {"mints", mints},
        {"topup", {{"pod_npub", pod}, {"cashu_token", "a token of one of these mints"}}},
        {"message", fmt::format("{} ends at {}, with everything in it. To keep it, send a top-up: berth topup "
                                "--provider {} --lease {} --token TOKEN",
                                pod, rfc3339(lease.expires_at), nostr::PublicKey::of(options.key).npub(), pod)}});
}

std::string encode_crash_looping(const Lease& lease, const std::string& last_lines)
{
    const Restarts& restarts = lease.restarts;
    const std::string pod = pod_name(lease.workload.number);
    OrderedJson body{{"notice", "crash_looping"},
                     {"pod_id", std::to_string(lease.workload.number)},
                     {"exit_code", restarts.last.code},
                     {"out_of_memory", restarts.last.out_of_memory}};
    if (!restarts.last.start_error.empty())
        body["start_error"] = restarts.last.start_error;
    if (restarts.next_at)
        body["next_start_at"] = rfc3339(*restarts.next_at);
    body["expires_at"] = rfc3339(lease.expires_at);
    body["logs"] = last_lines;
    body["message"] = fmt::format("{} exits again and again; it is started again every {} minutes only. Its time goes "
                                  "on: a stop request ends it and brings the unused seconds back.",
                                  pod, kLoopRetry.count());
    return dump_json(body);
}

} // namespace berth::provider
