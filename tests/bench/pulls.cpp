#include "bench/customer.h"
#include "bench/measure.h"
#include "bench/measurements.h"
#include "bench/stalling_registry.h"

#include <thread>

namespace berth::bench {

namespace {

constexpr size_t kStrangers = 5; // the Engine downloads three layers at a time
constexpr size_t kDownloads = 3;
constexpr double kAim = 1.1;
constexpr double kStallWithinMs = 20'000;

Result<Samples> rent_in_turn(Customer& customer, size_t count)
{
    Samples samples;
    for (size_t i = 0; i < count; ++i) {
        const double took = TRY(customer.rent());
        TRY(customer.clear());
        samples.add(took);
    }
    return samples;
}

} // namespace

Result<Lines> measure_pulls(Stage& stage)
{
    const auto registry = TRY(StallingRegistry::open(stage.net()));
    const Stage::Provider provider = TRY(stage.make_provider());
    const DaemonProcess daemon = TRY(stage.start(provider));
    Customer customer = TRY(Customer::visit(stage, provider));
    TRY(rent_in_turn(customer, 1)); // what is made once is made now
    const Samples alone = TRY(rent_in_turn(customer, stage.settings().samples));
    std::vector<Customer> strangers;
    for (size_t i = 0; i < kStrangers; ++i) {
        Customer stranger = TRY(Customer::visit(stage, provider));
        strangers.push_back(std::move(stranger));
        consumer::SpawnWish wish;
        wish.image = registry->image(fmt::format("stall{}", i));
        TRY(strangers.back().ask_for(std::move(wish)));
    }
    for (const Stopwatch watch; registry->held() < kDownloads;) {
        if (watch.milliseconds() > kStallWithinMs)
            return fail(Errc::unavailable, "{} layers stall, {} should; the log is {}", registry->held(), kDownloads,
                        provider.log);
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
    const Samples beside = TRY(rent_in_turn(customer, stage.settings().samples));
    return Lines{ratio_line("spawn_beside_stalled_pulls", beside, "alone", alone, kAim)};
}

} // namespace berth::bench
