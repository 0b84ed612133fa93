#include "provider/log_requests.h"

#include "provider/log_text.h"
#include "provider/own_lease.h"
#include "provider/wire.h"
#include "util/json.h"

namespace berth::provider {

namespace {

constexpr double kLeaseBurst = 6;
constexpr double kLeasePerSecond = 0.2;
/// More than can be sent: what is left over tells that something was left out.
constexpr size_t kReadBytesMax = 48 << 10;
constexpr uint32_t kLastLines = 20;
constexpr size_t kLastBytesMax = 4 << 10;

} // namespace

LogRequests::LogRequests(Parts parts) : p_{std::move(parts)}, per_lease_{kLeaseBurst, kLeasePerSecond} {}

void LogRequests::refuse(const RequestOrigin& origin, const char* type, const std::string& text, UnixTime now)
{
    p_.intake.answer(origin, encode_error({type, text}), now);
}

void LogRequests::serve(const RequestOrigin& origin, const LogsRequest& request, UnixTime now)
{
    const auto found = find_own_lease(p_.leases, request.pod, origin.sender);
    if (const auto* refusal = std::get_if<Refusal>(&found))
        return refuse(origin, refusal->type, refusal->message, now);
    const Lease* lease = std::get<const Lease*>(found);
    if (!is_live(*lease))
        return refuse(origin, error_type::lease_expired, "that lease is not running", now);
    if (reading_.contains(lease->id) || !per_lease_.take(lease->id, now))
        return refuse(origin, error_type::busy, "that lease's logs are read already, or too often; try later", now);
    reading_.insert(lease->id);
    asked_.emplace(++last_ticket_, Asked{origin, request.lines});
    p_.jobs.submit(ReadLogsJob{last_ticket_, lease->id, lease->container_id, request.lines, kReadBytesMax});
}

void LogRequests::read_last_lines(const Lease& lease)
{
    p_.jobs.submit(ReadLogsJob{0, lease.id, lease.container_id, kLastLines, kLastBytesMax});
}

void LogRequests::handle(const LogsRead& read, UnixTime now)
{
    const Lease* lease = p_.leases.find(read.lease);
    if (read.ticket == 0) {
        if (lease && is_live(*lease))
            p_.on_last_lines(*lease, read.text ? make_log_text(*read.text, 2 * kLastBytesMax).text : "");
        return;
    }
    const auto found = asked_.find(read.ticket);
    if (found == asked_.end())
        return;
    const Asked asked = std::move(found->second);
    asked_.erase(found);
    reading_.erase(read.lease);
    if (!lease)
        return refuse(asked.origin, error_type::lease_expired, "that lease is not running", now);
    if (!read.text)
        return refuse(asked.origin, error_type::backend_error,
                      "the logs can't be read now: " + read.text.error().message, now);
    const bool is_cut = read.text->size() >= kReadBytesMax;
    p_.intake.answer(asked.origin, encode_logs(lease->workload.number, asked.lines, *read.text, is_cut), now);
}

std::string encode_logs(uint32_t number, uint32_t lines, const std::string& raw, bool is_cut)
{
    const LogText log = make_log_text(raw, kLogCostMax);
    return dump_json(OrderedJson{{"request", "logs"},
                                 {"pod_id", std::to_string(number)},
                                 {"tail", lines},
                                 {"truncated", is_cut || log.truncated},
                                 {"logs", log.text}});
}

} // namespace berth::provider
