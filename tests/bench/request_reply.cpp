#include "bench/customer.h"
#include "bench/measure.h"
#include "bench/measurements.h"
#include "bench/raw_engine.h"

namespace berth::bench {

Result<Lines> measure_request_reply(Stage& stage)
{
    const Stage::Provider provider = TRY(stage.make_provider());
    const DaemonProcess daemon = TRY(stage.start(provider));
    Customer customer = TRY(Customer::visit(stage, provider));
    RawEngine engine{stage.settings().docker_socket};
    Samples berth;
    Samples raw;
    Samples bare;
    // Sample by sample in turn: what disturbs the machine disturbs all three. The first round only warms up.
    for (size_t round = 0; round <= stage.settings().samples; ++round) {
        const double raw_run = TRY(engine.run(0, false));
        TRY(engine.remove(0, false));
        const double raw_swap = TRY(stage.raw_swap());
        const double ours = TRY(customer.rent());
        TRY(customer.clear());
        const double bare_run = TRY(engine.run(0, true));
        TRY(engine.remove(0, true));
        if (round == 0)
            continue;
        berth.add(ours);
        raw.add(raw_run + raw_swap);
        bare.add(bare_run + raw_swap);
    }
    const auto line = [&](const char* name, const char* beside, const Samples& limit, double aim) {
        return Line{.name = name,
                    .measured = fmt::format("{:.0f} ms (± {:.0f})", berth.median(), berth.spread()),
                    .limit = fmt::format("{} {:.0f} ms (± {:.0f})", beside, limit.median(), limit.spread()),
                    .value = berth.median() / limit.median(),
                    .aim = aim,
                    .is_ratio = true};
    };
    return Lines{line("request_to_reply", "raw", raw, 1.05), line("request_to_reply_bare", "bare", bare, 1.4)};
}

} // namespace berth::bench
