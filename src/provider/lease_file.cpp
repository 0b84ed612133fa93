#include "provider/lease_file.h"

#include "compute/image_reference.h"
#include "nostr/keys.h"
#include "provider/lease_json.h"
#include "util/json.h"

#include <algorithm>
#include <limits>

namespace berth::provider {

namespace {

constexpr uint64_t kVersion = 1;
constexpr size_t kTextMax = 256; ///< of any one string
constexpr size_t kPortsMax = 64;
/// Beyond every lease that was ever sold, and far from where sums of a thousand leases overflow.
constexpr uint64_t kQuantityMax = uint64_t{1} << 32;
constexpr uint64_t kMillisecondsMax = uint64_t{1} << 53;

uint64_t milliseconds_of(UnixTime time)
{
    return static_cast<uint64_t>(std::max<int64_t>(0, time.time_since_epoch().count()));
}

Result<UnixTime> read_time(const Json& json, const char* member)
{
    const uint64_t milliseconds = TRY(json_u64(json, member));
    if (milliseconds > kMillisecondsMax)
        return fail(Errc::corrupt, "{} is out of range", member);
    return UnixTime{std::chrono::milliseconds{static_cast<int64_t>(milliseconds)}};
}

bool is_hex(std::string_view text)
{
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_text(std::string_view text)
{
    return text.size() <= kTextMax && std::none_of(text.begin(), text.end(), [](char c) {
               return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
           });
}

bool are_ports_sound(const std::vector<compute::PortMapping>& ports)
{
    return ports.size() <= kPortsMax && std::all_of(ports.begin(), ports.end(), [](const compute::PortMapping& port) {
               return port.container_port != 0 && port.host_port != 0 && is_text(port.label) && is_text(port.scheme) &&
                      (port.protocol == "tcp" || port.protocol == "udp");
           });
}

bool is_sound(const compute::WorkloadSpec& workload)
{
    return compute::parse_image_reference(workload.image).has_value() && workload.environment.empty() &&
           workload.command.empty() && are_ports_sound(workload.ports) && is_text(workload.publish_address) &&
           is_text(workload.data_path) && std::max(workload.memory_mb, workload.disk_gb) <= kQuantityMax;
}

bool is_sound(const Spec& spec)
{
    return is_text(spec.id) && is_text(spec.name) && spec.description.size() <= kLeaseFileBytesMax &&
           std::max({spec.memory_mb, spec.disk_gb, spec.rate_msats_per_sec}) <= kQuantityMax;
}

bool is_sound(const Lease& lease)
{
    return is_live(lease) && nostr::PublicKey::parse_hex(lease.owner).has_value() && is_text(lease.username) &&
           lease.container_id.size() == 64 && is_hex(lease.container_id) && lease.network_id.size() <= 64 &&
           is_hex(lease.network_id) && is_text(lease.container_ip) && is_sound(lease.workload) && is_sound(lease.spec);
}

/// Times and words; what is within objects of its own comes after.
Result<Lease> read_flat(const Json& json)
{
    Lease lease;
    const std::string state = TRY(json_string(json, "state"));
    lease.state = TRY(parse_lease_state(state));
    lease.owner = TRY(json_string(json, "owner"));
    lease.username = TRY(json_string(json, "username"));
    const uint64_t duration = TRY(json_u64(json, "duration_seconds"));
    if (duration > kQuantityMax)
        return fail(Errc::corrupt, "duration_seconds is out of range");
    lease.duration = std::chrono::seconds{static_cast<int64_t>(duration)};
    lease.created_at = TRY(read_time(json, "created_ms"));
    lease.expires_at = TRY(read_time(json, "expires_ms"));
    if (json.contains("clock_stopped_ms"))
        lease.clock_stopped_at = TRY(read_time(json, "clock_stopped_ms"));
    lease.locked_until = TRY(read_time(json, "locked_until_ms"));
    lease.container_id = TRY(json_string(json, "container_id"));
    lease.network_id = TRY(json_string(json, "network_id"));
    lease.container_ip = TRY(json_string(json, "container_ip"));
    return lease;
}

} // namespace

std::string encode_lease_file(const Lease& lease)
{
    compute::WorkloadSpec workload = lease.workload;
    workload.command.clear(); // may hold what its owner would not show; the container has it
    Json body{{"version", kVersion},
              {"id", lease.id},
              {"number", lease.workload.number},
              {"state", name_of(lease.state)},
              {"owner", lease.owner},
              {"username", lease.username},
              {"workload", Json::parse(encode_workload(workload, Secrets::left_out))},
              {"spec", Json::parse(encode_spec(lease.spec))},
              {"duration_seconds", lease.duration.count()},
              {"created_ms", milliseconds_of(lease.created_at)},
              {"expires_ms", milliseconds_of(lease.expires_at)},
              {"locked_until_ms", milliseconds_of(lease.locked_until)},
              {"container_id", lease.container_id},
              {"network_id", lease.network_id},
              {"container_ip", lease.container_ip}};
    if (lease.clock_stopped_at)
        body["clock_stopped_ms"] = milliseconds_of(*lease.clock_stopped_at);
    return dump_json(body) + "\n";
}

Result<Lease> decode_lease_file(const std::string& id, const std::string& text)
{
    const Json json = TRY(parse_json(text, {.bytes_max = kLeaseFileBytesMax}));
    const uint64_t version = TRY(json_u64(json, "version"));
    if (version != kVersion)
        return fail(Errc::corrupt, "version {} is not known here", version);
    const std::string named = TRY(json_string(json, "id"));
    if (named != id)
        return fail(Errc::corrupt, "it is of another lease");
    Lease lease = TRY(read_flat(json));
    if (!json.contains("workload") || !json.contains("spec"))
        return fail(Errc::corrupt, "workload or spec is missing");
    lease.workload = TRY(decode_workload(dump_json(json["workload"])));
    lease.spec = TRY(decode_spec(dump_json(json["spec"])));
    const uint64_t number = TRY(json_u64(json, "number"));
    if (number > std::numeric_limits<uint32_t>::max())
        return fail(Errc::corrupt, "number is out of range");
    lease.id = id;
    lease.workload.lease = id;
    lease.workload.number = static_cast<uint32_t>(number);
    lease.rebuilt = true;
    if (!is_sound(lease))
        return fail(Errc::corrupt, "a value in it is not one that a lease can have");
    return lease;
}

} // namespace berth::provider
