#pragma once
// What an operator decides, as the provider needs it. daemon/config.h fills it from the configuration file.

#include "cashu/wallet.h"
#include "compute/image_rules.h"
#include "compute/ports.h"
#include "compute/templates.h"
#include "nostr/keys.h"

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace berth::provider {

/// A priced size.
struct Spec {
    std::string id;
    std::string name;
    std::string description;
    uint32_t cpu_millicores = 0;
    uint64_t memory_mb = 0;
    uint64_t disk_gb = 0;
    uint64_t rate_msats_per_sec = 0;
};

/// Which images consumers may ask for: provider/image_policy.h.
struct ImagePolicy {
    std::vector<compute::ImageRule> allow;
    std::vector<compute::ImageRule> deny;
    std::set<std::string> private_registries{}; ///< host[:port], canonical, of those that a password is used for
    std::chrono::seconds pull_deadline{100};    ///< the public client waits 120 s for everything
    uint64_t bytes_max = 10ull << 30;           ///< of an image that is pulled
    std::optional<uint64_t> disk_bytes_max{};   ///< of all images that we pulled; absent: no budget
    bool consumer_environment = true;           ///< of images without a template, set by whoever rents them
    bool consumer_command = true;
};

/// What may be sold. Absent numbers are measured; factors, in thousandths, multiply what is there.
struct Capacity {
    std::optional<uint64_t> cpu_millicores;
    std::optional<uint64_t> memory_mb;
    std::optional<uint64_t> storage_gb;
    uint32_t cpu_overcommit = 1000;
    uint32_t memory_overcommit = 1000;
    uint32_t storage_overcommit = 1000;
    std::chrono::seconds reservation_max{600}; ///< what a payment holds that its mint doesn't answer, for this long
};

/// Data volumes, where the host can do more than a directory of the Engine's.
struct VolumeOptions {
    bool encrypted = true; ///< may be sold
    bool sized = true;     ///< plain ones are held to the size that was bought
    bool lock_stops_clock = true;
    std::chrono::seconds locked_max{7 * 24 * 3600}; ///< a locked lease waits this long for its key
};

/// Root file systems, and volumes that are only directories of the Engine's.
struct DiskOptions {
    std::optional<std::chrono::seconds> watch_interval{20}; ///< absent: nobody looks, and the offer says nothing
    uint64_t free_gb_min = 5;                               ///< with less free on the Engine's disk nothing is sold
};

struct Options {
    std::string name{};
    std::optional<std::string> location{};
    nostr::SecretKey key;
    std::string public_address{};
    std::string publish_address = "0.0.0.0"; ///< host address that leases' ports are bound to
    std::vector<std::string> relays{};       ///< normalised
    std::vector<std::string> capabilities{"docker"};
    cashu::WalletOptions wallet{};
    bool accept_unlocked_tokens = true; ///< else only those that nobody but this provider can spend (NUT-11)
    std::string seed_file{};
    std::vector<Spec> specs{};
    std::map<std::string, compute::Template> templates{};
    ImagePolicy images{};
    Capacity capacity{};
    VolumeOptions volumes{};
    DiskOptions disk{};
    compute::PortRange ports{};
    uint32_t number_first = 1000;
    uint32_t number_last = 1999;
    std::chrono::seconds lease_min{60};
    std::chrono::seconds lease_max{30 * 24 * 3600};
    std::chrono::seconds expiry_warning{600}; ///< an owner is told this long before the end; 0: not at all
    std::chrono::seconds heartbeat_interval{60};
    std::chrono::seconds offer_interval{3600};
    std::chrono::seconds request_age_max{900};
    std::chrono::seconds status_age_max{300};
};

} // namespace berth::provider
