#pragma once
// A registry that has an image of one layer under every name, and never sends a layer.

#include "net/net_thread.h"

#include <atomic>
#include <memory>
#include <string>

namespace berth::bench {

class StallingRegistry {
public:
    /// Serves until the net thread ends.
    [[nodiscard]] static Result<std::unique_ptr<StallingRegistry>> open(net::NetThread& net);

    [[nodiscard]] std::string image(const std::string& name) const;
    /// Layers that somebody has asked for, and waits for.
    [[nodiscard]] size_t held() const { return *held_; }

private:
    StallingRegistry() = default;
    uint16_t port_ = 0;
    std::shared_ptr<std::atomic<size_t>> held_ = std::make_shared<std::atomic<size_t>>(0);
};

} // namespace berth::bench
