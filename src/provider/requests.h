#pragma once
// What consumers ask, parsed from the decrypted text of a DM (the marketplace's request bodies, told apart by shape).
// Everything in here is hostile until admission.h has judged it.

#include "util/result.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace berth::provider {

inline constexpr uint32_t kLogLinesDefault = 100;
inline constexpr uint32_t kLogLinesMax = 1000;

inline constexpr size_t kEnvironmentNamesMax = 64;
inline constexpr size_t kEnvironmentNameBytesMax = 128;
inline constexpr size_t kCommandWordsMax = 64;
inline constexpr size_t kSettingBytesMax = 4096;      ///< of one value or word
inline constexpr size_t kSettingsBytesMax = 16 << 10; ///< of all names, values and words

struct VolumeEncryption {
    uint64_t version = 1;
    std::string algorithm;
    std::string key_b64;
};

/// What a consumer adds to the container. The members `environment` and `command`: absent, null and empty are the same.
struct ConsumerSettings {
    std::map<std::string, std::string> environment{};
    std::vector<std::string> command{}; ///< after the image's entry point; empty: the image's own
};

struct SpawnRequest {
    std::string cashu_token;
    std::optional<std::string> spec_id; ///< absent: the first spec
    std::string image;
    std::string username;
    std::string password;
    std::optional<std::string> template_slug;
    std::string replication_mode = "none"; ///< none, checkpointed, warm-standby
    std::vector<std::string> standby_providers;
    std::optional<std::string> primary_npub;
    std::optional<std::string> workload_id;
    std::optional<VolumeEncryption> volume_encryption;
    ConsumerSettings settings{};
};

struct TopUpRequest {
    std::string pod;
    std::string cashu_token;
};

struct StatusRequest {
    std::string pod; ///< `container-<number>`, the bare number, or the owner's key
};

struct AccessRequest {
    std::string pod;
};

/// Opens the volume of a locked lease.
struct UnlockRequest {
    std::string pod;
    VolumeEncryption volume_encryption;
};

/// What would a spawn cost and would it be accepted? Costs nothing itself.
struct QuoteRequest {
    SpawnRequest wish; ///< without a token
    std::optional<uint64_t> amount_msat;
};

/// End the lease now; what is unused goes back.
struct StopRequest {
    std::string pod;
};

/// What the lease's container wrote last.
struct LogsRequest {
    std::string pod;
    uint32_t lines = kLogLinesDefault; ///< at most kLogLinesMax
};

using Request = std::variant<SpawnRequest, TopUpRequest, StatusRequest, AccessRequest, UnlockRequest, QuoteRequest,
                             StopRequest, LogsRequest>;

/// bad_input with a sentence for the sender.
[[nodiscard]] Result<Request> parse_request(std::string_view text);

/// Letters, digits and '_', not beginning with a digit.
[[nodiscard]] bool is_environment_name(std::string_view name);

/// `container-<number>` or the bare number.
[[nodiscard]] std::optional<uint32_t> parse_pod_number(std::string_view pod);

} // namespace berth::provider
