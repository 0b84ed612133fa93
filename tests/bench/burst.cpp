#include "bench/customer.h"
#include "bench/measure.h"
#include "bench/measurements.h"
#include "bench/raw_engine.h"

namespace berth::bench {

namespace {

constexpr unsigned kParallel = 8;

} // namespace

Result<Lines> measure_burst(Stage& stage)
{
    const auto consumers = static_cast<unsigned>(stage.settings().consumers);
    Samples berth;
    Samples limit;
    for (size_t round = 0; round < stage.settings().bursts; ++round) {
        const double engine = TRY(run_many(stage.settings().docker_socket, consumers, kParallel));
        limit.add(engine + std::chrono::duration<double, std::milli>{kSlowSwap}.count());
        const Stage::Provider provider = TRY(stage.make_provider());
        const DaemonProcess daemon = TRY(stage.start(provider));
        Customer customer = TRY(Customer::visit(stage, provider));
        const double ours = TRY(customer.rent_many(consumers, true));
        TRY(customer.clear());
        berth.add(ours);
    }
    return Lines{Line{.name = fmt::format("{}_consumers_slow_mint", consumers),
                      .measured = fmt::format("{:.0f} ms (± {:.0f})", berth.median(), berth.spread()),
                      .limit = fmt::format("1 s + Engine {:.0f} ms (± {:.0f})", limit.median() - 1000, limit.spread()),
                      .value = berth.median() / limit.median(),
                      .aim = 1.15,
                      .is_ratio = true}};
}

} // namespace berth::bench
