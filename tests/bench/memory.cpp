#include "bench/customer.h"
#include "bench/measurements.h"

#include <thread>

namespace berth::bench {

namespace {

constexpr std::chrono::seconds kSettling{5};
constexpr double kAnonymousAim = 8;
constexpr double kResidentAim = 20;

} // namespace

Result<Lines> measure_memory(Stage& stage)
{
    const Stage::Provider provider = TRY(stage.make_provider());
    const DaemonProcess daemon = TRY(stage.start(provider));
    {
        const Customer looks = TRY(Customer::visit(stage, provider));
    }
    std::this_thread::sleep_for(kSettling);
    const MemoryUse use = TRY(daemon.memory());
    const auto line = [](const char* name, double megabytes, double aim) {
        return Line{.name = name,
                    .measured = fmt::format("{:.1f} MB", megabytes),
                    .limit = "libraries alone: 12 to 18 resident",
                    .value = megabytes,
                    .aim = aim};
    };
    return Lines{line("idle_memory_anonymous", use.anonymous_mb, kAnonymousAim),
                 line("idle_memory_resident", use.resident_mb, kResidentAim)};
}

} // namespace berth::bench
