#pragma once
// A real Docker Engine for tests: the socket named by $BERTH_TEST_DOCKER. Absent, its tests say so and pass.

#include "compute/docker_backend.h"
#include "compute/image_builder.h"

#include <doctest/doctest.h>

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>

namespace berth::compute {

inline constexpr const char* kTestImage = "berth-unit-test:1";

/// Makes the image, and takes everything away again that carries this run's provider label.
class EngineFixture {
public:
    EngineFixture()
    {
        const char* socket = std::getenv("BERTH_TEST_DOCKER");
        if (!socket || access(socket, R_OK | W_OK) != 0) {
            std::puts("SKIP: no Docker Engine (set BERTH_TEST_DOCKER)");
            return;
        }
        options.socket = socket;
        options.provider_label = "unit-test-" + std::to_string(getpid());
        options.subnet_pool = "10.214.0.0/16";
        backend = make_docker_backend(options);
        if (!backend->info()) {
            std::puts("SKIP: no Docker Engine (set BERTH_TEST_DOCKER)");
            backend.reset();
            return;
        }
        const Result<void> built = build_image(options.socket, busybox_recipe(kTestImage));
        REQUIRE_MESSAGE(built.has_value(), (built ? "" : built.error().message));
    }
    ~EngineFixture()
    {
        if (!backend)
            return;
        const Result<std::vector<LabelledObject>> left = backend->list_labelled();
        if (left) {
            for (const LabelledObject& object : *left)
                (void)backend->destroy(object.lease);
        }
        (void)remove_image(options.socket, kTestImage);
    }
    EngineFixture(const EngineFixture&) = delete;
    EngineFixture& operator=(const EngineFixture&) = delete;

    [[nodiscard]] bool is_missing() const { return backend == nullptr; }

    /// A small workload; numbers far from what a daemon on the same Engine uses.
    [[nodiscard]] WorkloadSpec small_workload(uint32_t offset) const
    {
        WorkloadSpec spec;
        spec.number = 900'000 + static_cast<uint32_t>(getpid() % 9'000) * 10 + offset;
        spec.lease = options.provider_label + "-lease-" + std::to_string(offset);
        spec.image = kTestImage;
        spec.cpu_millicores = 250;
        spec.memory_mb = 32;
        spec.disk_gb = 1;
        spec.pids_max = 32;
        spec.nofile_max = 256;
        spec.publish_address = "127.0.0.1";
        spec.keep_alive = true;
        return spec;
    }

    [[nodiscard]] size_t object_count() const
    {
        const Result<std::vector<LabelledObject>> objects = backend->list_labelled();
        REQUIRE(objects.has_value());
        return objects->size();
    }

    DockerOptions options;
    std::unique_ptr<Backend> backend;
};

/// Asks again until it holds, for at most ten seconds.
inline bool eventually(const std::function<bool()>& holds)
{
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (std::chrono::steady_clock::now() < deadline) {
        if (holds())
            return true;
        usleep(20'000);
    }
    return false;
}

} // namespace berth::compute
