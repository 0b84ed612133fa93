#pragma once
// What a consumer reads and writes of the marketplace: offers with their heartbeats, and request bodies. Everything
// that providers publish is hostile until parsed.

#include "consumer/session.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace berth::consumer {

struct OfferedSpec {
    std::string id;
    std::string name;
    uint64_t cpu_millicores = 0;
    uint64_t memory_mb = 0;
    uint64_t rate_msats_per_sec = 0;
    std::optional<uint64_t> free_slots{}; ///< as the newest heartbeat tells, else the offer; not every provider does
};

struct OfferedTemplate {
    std::string slug;
    uint64_t cpu_millicores_min = 0; ///< the least that a size must have for it; 0 where the offer does not tell
    uint64_t memory_mb_min = 0;
    uint64_t disk_gb_min = 0;
};

struct ProviderView {
    nostr::PublicKey key;
    std::string name;
    std::string location;
    std::vector<OfferedSpec> specs;
    std::vector<OfferedTemplate> templates;
    std::vector<std::string> mints;
    std::vector<std::string> capabilities;
    std::string lock_key;             ///< NUT-11 key that tokens may be locked to; empty if none is named
    std::string payment_request;      ///< NUT-18; empty if there is none
    bool online = false;              ///< a heartbeat not older than 120 s
    std::optional<int64_t> last_seen; ///< timestamp of the newest heartbeat
    uint64_t cpu_available = 0;       ///< millicores
    uint64_t memory_available = 0;    ///< MB
};

/// Offers (38383) whose body names their author, with heartbeats (38384) of the last five minutes.
[[nodiscard]] std::vector<ProviderView> list_providers(Session& session, std::chrono::milliseconds wait);

/// Whether this provider's offer says that it hears ephemeral requests; false, too, when no relay has its offer.
[[nodiscard]] bool hears_ephemeral_requests(Session& session, const nostr::PublicKey& provider,
                                            std::chrono::milliseconds wait);

/// For the container, as far as the provider lets consumers say.
struct ContainerSettings {
    std::map<std::string, std::string> environment{};
    std::vector<std::string> command{}; ///< empty: the image's
};

struct SpawnWish {
    std::string token;
    std::string spec_id; ///< empty: the provider's first
    std::string image;
    std::string template_slug; ///< empty: none
    std::string username = "root";
    std::string password;
    std::string volume_key; ///< base64url of 32 bytes; empty: the volume is not encrypted
    ContainerSettings settings{};
};

[[nodiscard]] std::string encode_spawn(const SpawnWish& wish);
[[nodiscard]] std::string encode_top_up(const std::string& pod, const std::string& token);
[[nodiscard]] std::string encode_unlock(const std::string& pod, const std::string& volume_key);
[[nodiscard]] std::string encode_status_request(const std::string& pod);
[[nodiscard]] std::string encode_logs_request(const std::string& pod, uint32_t lines);
/// `access` or `stop`.
[[nodiscard]] std::string encode_named_request(const std::string& request, const std::string& pod);

struct QuoteWish {
    std::string spec_id; ///< empty: the provider's first
    std::string image;
    std::string template_slug; ///< empty: none
    std::optional<uint64_t> amount_msat;
    ContainerSettings settings{};
};

[[nodiscard]] std::string encode_quote_request(const QuoteWish& wish);

} // namespace berth::consumer
