#pragma once
// What this host and its Engine are and can do, asked for in a rhythm and when the Engine comes back: a survey every
// minute and 5 s after the Engine answers, the node's status every 30 s, and every 10 s whether leases are still
// contained (3 s while they are not), for somebody may flush the host's firewall at any time.

#include "provider/image_cache.h"
#include "provider/leases.h"
#include "provider/template_limits.h"

namespace berth::provider {

class HostWatch {
public:
    struct Parts {
        const Options& options;
        Leases& leases;
        ImageCache& images;
        TemplateLimits& limits;
        JobRunner& jobs;
    };
    struct Handlers {
        /// Something that consumers see has changed.
        std::function<void()> on_changed;
        /// What can be promised here is known, or that the Engine does not answer.
        std::function<void()> on_promises_known;
        /// What requests wait for may be known now.
        std::function<void()> on_answers_known;
    };

    HostWatch(Parts parts, Handlers handlers) : p_{parts}, handlers_{std::move(handlers)} {}

    void tick(UnixTime now);
    [[nodiscard]] UnixTime next_due() const;

    void handle(const Surveyed& surveyed, UnixTime now);
    void handle(const HostChecked& checked, UnixTime now);
    void handle(const NodeStatusRead& read);
    void handle(const EngineSign& sign, UnixTime now);

    /// The host was measured once, be it that the Engine does not answer.
    [[nodiscard]] bool is_measured() const { return is_measured_; }
    /// Empty while it does not answer.
    [[nodiscard]] const std::string& engine_version() const { return engine_version_; }
    [[nodiscard]] const VolumeAbilities& volumes() const { return volumes_; }
    [[nodiscard]] const std::optional<compute::NodeStatus>& node() const { return node_; }

private:
    void judge_disk(std::optional<uint64_t> bytes_free);

    const Parts p_;
    const Handlers handlers_;
    std::optional<compute::NodeStatus> node_;
    uint64_t storage_gb_ = 0;
    VolumeAbilities volumes_;
    bool engine_up_ = false;
    std::string engine_version_;
    bool is_measured_ = false;
    bool disk_is_low_ = false;
    UnixTime next_survey_{};
    UnixTime next_node_status_{};
    UnixTime next_check_{};
};

} // namespace berth::provider
