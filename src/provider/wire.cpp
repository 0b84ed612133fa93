#include "provider/wire.h"

#include "util/json.h"

#include <algorithm>

namespace berth::provider {

namespace {

constexpr std::string_view kEncryptedVolumes = "encrypted-volumes";
constexpr std::string_view kSizedVolumes = "sized-volumes";
constexpr std::string_view kIsolatedNetwork = "isolated-network";
/// Requests in ephemeral gift wraps (kind 21059) are heard, too.
constexpr std::string_view kEphemeralRequests = "ephemeral-requests";
constexpr std::string_view kSizedRoot = "sized-root";
constexpr std::string_view kWatchedRoot = "watched-root";
constexpr std::string_view kEarned[] = {kEncryptedVolumes, kSizedVolumes, kIsolatedNetwork,
                                        kSizedRoot,        kWatchedRoot,  kEphemeralRequests};

/// The public client prints these lines, and nothing else that tells how to get in.
std::vector<std::string> instructions_of(const LeaseView& lease, const std::string& host_address)
{
    std::vector<std::string> lines;
    lines.push_back(fmt::format("Lease {} runs until {}", pod_name(lease.number), rfc3339(lease.expires_at)));
    lines.push_back(fmt::format("SSH: ssh -p {} {}@{}", lease.ssh_port, lease.username, host_address));
    lines.push_back(fmt::format("Username: {}", lease.username));
    lines.push_back(fmt::format("Password: {}", lease.password));
    for (const compute::PortMapping& port : lease.template_ports)
        lines.push_back(fmt::format("{}: {}://{}:{}", port.label, port.scheme, host_address, port.host_port));
    if (!lease.container_ip.empty())
        lines.push_back(fmt::format("Container IP: {}", lease.container_ip));
    return lines;
}

OrderedJson ports_of(const LeaseView& lease)
{
    OrderedJson ports = OrderedJson::array();
    for (const compute::PortMapping& port : lease.template_ports)
        ports.push_back({{"host_port", port.host_port},
                         {"container_port", port.container_port},
                         {"protocol", port.scheme},
                         {"label", port.label}});
    return ports;
}

OrderedJson access_of(const LeaseView& lease, const std::string& host_address)
{
    OrderedJson body{{"pod_npub", pod_name(lease.number)},
                     {"node_port", lease.ssh_port},
                     {"expires_at", rfc3339(lease.expires_at)},
                     {"cpu_millicores", lease.spec.cpu_millicores},
                     {"memory_mb", lease.spec.memory_mb},
                     {"pod_spec_name", lease.spec.name},
                     {"pod_spec_description", lease.spec.description},
                     {"instructions", instructions_of(lease, host_address)},
                     {"host_address", host_address},
                     {"template_ports", ports_of(lease)}};
    if (!lease.container_ip.empty())
        body["container_ip"] = lease.container_ip;
    body["ssh_username"] = lease.username;
    body["ssh_password"] = lease.password;
    return body;
}

OrderedJson restarts_of(const Restarts& restarts)
{
    OrderedJson told{{"recent_exits", restarts.exits.size()},
                     {"crash_looping", restarts.is_looping},
                     {"last_exit_code", restarts.last.code},
                     {"out_of_memory", restarts.last.out_of_memory}};
    if (!restarts.last.start_error.empty())
        told["start_error"] = restarts.last.start_error;
    if (restarts.next_at)
        told["next_start_at"] = rfc3339(*restarts.next_at);
    return told;
}

OrderedJson capacity_of(const Resources& free)
{
    return {{"cpu_available", free.cpu_millicores},
            {"memory_mb_available", free.memory_mb},
            {"storage_gb_available", free.storage_gb}};
}

OrderedJson slots_of(const std::map<std::string, uint64_t>& free_slots)
{
    OrderedJson slots = OrderedJson::object();
    for (const auto& [spec, count] : free_slots)
        slots[spec] = count;
    return slots;
}

OrderedJson spec_of(const Spec& spec, const OfferFacts& facts)
{
    const auto slots = facts.free_slots.find(spec.id);
    return {{"id", spec.id},
            {"name", spec.name},
            {"description", spec.description},
            {"cpu_millicores", spec.cpu_millicores},
            {"memory_mb", spec.memory_mb},
            {"rate_msats_per_sec", spec.rate_msats_per_sec},
            {"disk_gb", spec.disk_gb},
            {"free_slots", slots == facts.free_slots.end() ? 0 : slots->second}};
}

/// The operator's words, and those that the host itself has to earn.
std::vector<std::string> capabilities_of(const Options& options, const OfferFacts& facts)
{
    std::vector<std::string> words;
    for (const std::string& word : options.capabilities)
        if (std::find(std::begin(kEarned), std::end(kEarned), word) == std::end(kEarned))
            words.push_back(word);
    if (facts.encrypts_volumes)
        words.emplace_back(kEncryptedVolumes);
    if (facts.sizes_volumes)
        words.emplace_back(kSizedVolumes);
    if (facts.isolates_network)
        words.emplace_back(kIsolatedNetwork);
    words.emplace_back(kEphemeralRequests);
    if (facts.sizes_root)
        words.emplace_back(kSizedRoot);
    else if (facts.watches_root)
        words.emplace_back(kWatchedRoot);
    return words;
}

/// What consumers may say of environment and command; templates that take neither are left out.
OrderedJson settings_of(const Options& options, const OfferFacts& facts)
{
    OrderedJson templates = OrderedJson::object();
    for (const auto& [slug, entry] : options.templates)
        if (!facts.templates_out.contains(slug) && (!entry.consumer_environment.empty() || entry.consumer_command))
            templates[slug] = {{"environment", entry.consumer_environment}, {"command", entry.consumer_command}};
    const ImagePolicy& images = options.images;
    return {{"images", {{"environment", images.consumer_environment}, {"command", images.consumer_command}}},
            {"templates", templates}};
}

} // namespace

std::string pod_name(uint32_t number)
{
    return fmt::format("container-{}", number);
}

const char* error_type_of(cashu::TokenFault fault)
{
    switch (fault) {
    case cashu::TokenFault::invalid:
        return error_type::invalid_token;
    case cashu::TokenFault::wrong_mint:
        return error_type::non_whitelisted_mint;
    case cashu::TokenFault::unsupported_unit:
        return error_type::unsupported_unit;
    case cashu::TokenFault::worthless:
        return error_type::insufficient_payment;
    case cashu::TokenFault::already_spent:
        return error_type::token_already_spent;
    case cashu::TokenFault::pending:
        return error_type::token_pending;
    case cashu::TokenFault::mint_unavailable:
        return error_type::mint_network_error;
    case cashu::TokenFault::mint_refused:
        return error_type::mint_error;
    }
    return error_type::invalid_token;
}

const char* error_type_of_image(Errc code)
{
    switch (code) {
    case Errc::not_found:
        return error_type::image_not_found;
    case Errc::refused:
        return error_type::image_denied;
    case Errc::bad_input:
        return error_type::image_too_large;
    default:
        // The registry can't be reached or is too slow, or what it sends is not what the digest promises: the image
        // that was asked for is not to be had from here. The message says which.
        return error_type::image_not_found;
    }
}

std::string encode_error(const Refusal& refusal, const std::optional<RefundNote>& refund)
{
    OrderedJson body{{"error_type", refusal.type}, {"message", refusal.message}};
    if (refund) {
        body["details"] = "refund: " + refund->token;
        body["refund"] = {{"token", refund->token},
                          {"mint", refund->mint},
                          {"unit", cashu::name_of(refund->unit)},
                          {"amount", refund->amount}};
    }
    return dump_json(body);
}

std::string encode_access(const LeaseView& lease, const std::string& host_address)
{
    return dump_json(access_of(lease, host_address));
}

std::string encode_access_again(const LeaseView& lease, const std::string& host_address)
{
    OrderedJson body = access_of(lease, host_address);
    body["request"] = "access";
    return dump_json(body);
}

std::string encode_status(const LeaseView& lease, const std::string& host_address, UnixTime now)
{
    const auto remaining = std::chrono::duration_cast<std::chrono::seconds>(lease.expires_at - now);
    OrderedJson body{{"pod_id", std::to_string(lease.number)},
                     {"status", lease.status},
                     {"expires_at", rfc3339(lease.expires_at)},
                     {"time_remaining_seconds", std::max<int64_t>(0, remaining.count())},
                     {"cpu_millicores", lease.spec.cpu_millicores},
                     {"memory_mb", lease.spec.memory_mb},
                     {"ssh_host", host_address},
                     {"ssh_port", lease.ssh_port},
                     {"ssh_username", lease.username},
                     {"host_address", host_address},
                     {"template_ports", ports_of(lease)}};
    if (!lease.container_ip.empty())
        body["container_ip"] = lease.container_ip;
    if (!lease.restarts.exits.empty())
        body["restarts"] = restarts_of(lease.restarts);
    return dump_json(body);
}

std::string encode_top_up(const LeaseView& lease, std::chrono::seconds added)
{
    const OrderedJson body{{"success", true},
                           {"pod_npub", pod_name(lease.number)},
                           {"extended_duration_seconds", added.count()},
                           {"new_expires_at", rfc3339(lease.expires_at)},
                           {"message", fmt::format("{} added; the lease now runs until {}", human_duration(added),
                                                   rfc3339(lease.expires_at))}};
    return dump_json(body);
}

std::string encode_offer(const Options& options, const OfferFacts& facts)
{
    OrderedJson specs = OrderedJson::array();
    for (const Spec& spec : options.specs)
        specs.push_back(spec_of(spec, facts));
    OrderedJson templates = OrderedJson::array();
    OrderedJson minimums = OrderedJson::object();
    for (const auto& [slug, entry] : options.templates) {
        if (facts.templates_out.contains(slug))
            continue;
        templates.push_back(slug);
        minimums[slug] = {{"cpu_millicores", entry.cpu_millicores_min},
                          {"memory_mb", entry.memory_mb_min},
                          {"disk_gb", entry.disk_gb_min}};
    }
    OrderedJson mints = OrderedJson::array();
    for (const cashu::MintOptions& mint : options.wallet.mints)
        mints.push_back(mint.url);
    OrderedJson body{{"provider_npub", nostr::PublicKey::of(options.key).hex()},
                     {"hostname", options.name},
                     {"capabilities", capabilities_of(options, facts)},
                     {"specs", specs},
                     {"whitelisted_mints", mints},
                     {"uptime_percent", facts.uptime_percent},
                     {"total_jobs_completed", facts.jobs_completed},
                     {"version", 1},
                     {"isolation_level", "shared-kernel"},
                     {"templates", templates},
                     {"template_minimums", minimums},
                     {"consumer_settings", settings_of(options, facts)},
                     {"min_duration_seconds", options.lease_min.count()},
                     {"max_duration_seconds", options.lease_max.count()},
                     {"available_capacity", capacity_of(facts.free)},
                     {"software", "berth/" BERTH_VERSION}};
    if (options.location)
        body["location"] = *options.location;
    if (!facts.runtime.empty())
        body["runtime"] = facts.runtime;
    if (!facts.lock_key.empty())
        body["p2pk_key"] = facts.lock_key;
    if (!facts.payment_request.empty())
        body["payment_request"] = facts.payment_request;
    body["accepts_unlocked_tokens"] = options.accept_unlocked_tokens;
    return dump_json(body);
}

std::string encode_heartbeat(const std::string& provider_hex, const HeartbeatFacts& facts)
{
    OrderedJson body{{"provider_npub", provider_hex},
                     {"timestamp", facts.timestamp},
                     {"active_workloads", facts.active_workloads},
                     {"available_capacity", capacity_of(facts.free)},
                     {"free_slots", slots_of(facts.free_slots)},
                     {"version", 1}};
    if (facts.node)
        body["node_status"] = {{"cpu_usage", facts.node->cpu_usage},
                               {"memory_used", facts.node->memory_used},
                               {"memory_total", facts.node->memory_total},
                               {"disk_used", facts.node->disk_used},
                               {"disk_total", facts.node->disk_total}};
    return dump_json(body);
}

} // namespace berth::provider
