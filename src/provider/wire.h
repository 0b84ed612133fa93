#pragma once
// Bodies of replies and public events (the marketplace protocol), and the one table from failures to `error_type`.
// Fields of the public protocol keep their names and types; ours are added beside them.

#include "cashu/wallet.h"
#include "compute/backend.h"
#include "compute/node_status.h"
#include "provider/capacity.h"
#include "provider/options.h"
#include "provider/restarts.h"
#include "util/time.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace berth::provider {

/// The stable words of `error_type`.
namespace error_type {
inline constexpr const char* invalid_request = "invalid_request";
inline constexpr const char* not_addressed = "not_addressed";
inline constexpr const char* unknown_template = "unknown_template";
inline constexpr const char* invalid_token = "invalid_token";
inline constexpr const char* non_whitelisted_mint = "non_whitelisted_mint";
inline constexpr const char* token_already_spent = "token_already_spent";
inline constexpr const char* token_pending = "token_pending";
inline constexpr const char* mint_network_error = "mint_network_error";
inline constexpr const char* unsupported_unit = "unsupported_unit";
inline constexpr const char* mint_error = "mint_error";
inline constexpr const char* insufficient_payment = "insufficient_payment";
inline constexpr const char* provisioning_error = "provisioning_error";
inline constexpr const char* backend_error = "backend_error";
inline constexpr const char* invalid_volume_encryption = "invalid_volume_encryption";
inline constexpr const char* invalid_pod_id = "invalid_pod_id";
inline constexpr const char* not_owner = "not_owner";
inline constexpr const char* not_found = "not_found";
inline constexpr const char* lease_expired = "lease_expired";
inline constexpr const char* race_lost = "race_lost";
inline constexpr const char* no_capacity = "no_capacity";
inline constexpr const char* unknown_spec = "unknown_spec";
inline constexpr const char* stale_request = "stale_request";
inline constexpr const char* busy = "busy";
inline constexpr const char* image_not_found = "image_not_found";
inline constexpr const char* image_denied = "image_denied";
inline constexpr const char* image_too_large = "image_too_large";
inline constexpr const char* environment_denied = "environment_denied";
inline constexpr const char* command_denied = "command_denied";
inline constexpr const char* wrong_volume_key = "wrong_volume_key";
inline constexpr const char* volume_broken = "volume_broken";
} // namespace error_type

/// Why a provider that is being emptied refuses.
inline constexpr const char* kDraining = "the provider is being emptied and sells nothing now";

/// A no to a consumer.
struct Refusal {
    const char* type = error_type::invalid_request;
    std::string message;
};

[[nodiscard]] const char* error_type_of(cashu::TokenFault fault);
/// For an image that could not be found or pulled.
[[nodiscard]] const char* error_type_of_image(Errc code);

/// Money that goes back inside a reply.
struct RefundNote {
    std::string token;
    std::string mint;
    cashu::Unit unit = cashu::Unit::sat;
    cashu::Amount amount = 0;
};

/// A lease as replies show it.
struct LeaseView {
    uint32_t number = 0;
    std::string status; ///< Running, Starting, Locked, Pending, Expired, Stopped, Failed
    UnixTime expires_at{};
    uint16_t ssh_port = 0;
    std::string username;
    std::string password;
    std::string container_ip;
    std::vector<compute::PortMapping> template_ports;
    Spec spec;
    Restarts restarts;
};

/// How replies name a lease.
[[nodiscard]] std::string pod_name(uint32_t number);

[[nodiscard]] std::string encode_error(const Refusal& refusal, const std::optional<RefundNote>& refund = {});
[[nodiscard]] std::string encode_access(const LeaseView& lease, const std::string& host_address);
/// The same, as the answer to an `access` request.
[[nodiscard]] std::string encode_access_again(const LeaseView& lease, const std::string& host_address);
[[nodiscard]] std::string encode_status(const LeaseView& lease, const std::string& host_address, UnixTime now);
[[nodiscard]] std::string encode_top_up(const LeaseView& lease, std::chrono::seconds added);

struct OfferFacts {
    uint64_t jobs_completed = 0;
    double uptime_percent = 100.0;
    Resources free;
    std::map<std::string, uint64_t> free_slots{}; ///< by spec
    bool encrypts_volumes = false;
    bool sizes_volumes = false; ///< plain ones, too, are held to the size that was bought
    bool isolates_network = false;
    std::string runtime{};                 ///< the OCI runtime that leases get; empty when the Engine does not tell
    bool sizes_root = false;               ///< root file systems end at the size that was bought
    bool watches_root = false;             ///< they don't, but a lease that outgrows it is stopped
    std::set<std::string> templates_out{}; ///< slugs whose limits can't be set here
    std::string lock_key;                  ///< NUT-11 key that tokens may be locked to
    std::string payment_request;           ///< NUT-18
};

struct HeartbeatFacts {
    int64_t timestamp = 0; ///< Unix seconds
    uint32_t active_workloads = 0;
    Resources free;
    std::map<std::string, uint64_t> free_slots{}; ///< by spec
    std::optional<compute::NodeStatus> node;      ///< absent when it could not be measured
};

[[nodiscard]] std::string encode_offer(const Options& options, const OfferFacts& facts);
[[nodiscard]] std::string encode_heartbeat(const std::string& provider_hex, const HeartbeatFacts& facts);

} // namespace berth::provider
