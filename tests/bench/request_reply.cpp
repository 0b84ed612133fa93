#include "bench/customer.h"
#include "bench/measure.h"
#include "bench/measurements.h"
#include "bench/raw_engine.h"

namespace berth::bench {

namespace {

struct Round {
    double ours = 0;
    double raw = 0;
    double bare = 0;
};

/// Each of the three once. The Engine still tidies up after one while the next runs, so the order turns each time.
Result<Round> play_round(Stage& stage, Customer& customer, RawEngine& engine, bool raw_first)
{
    Round round;
    const double swap = TRY(stage.raw_swap());
    const double first = TRY(engine.run_and_remove(0, raw_first ? RawNetwork::in_line : RawNetwork::none));
    round.ours = TRY(customer.rent());
    TRY(customer.clear());
    const double last = TRY(engine.run_and_remove(0, raw_first ? RawNetwork::none : RawNetwork::in_line));
    round.raw = (raw_first ? first : last) + swap;
    round.bare = (raw_first ? last : first) + swap;
    return round;
}

} // namespace

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
    for (size_t number = 0; number <= stage.settings().samples; ++number) {
        const Round round = TRY(play_round(stage, customer, engine, number % 2 == 0));
        if (number == 0)
            continue;
        berth.add(round.ours);
        raw.add(round.raw);
        bare.add(round.bare);
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
