#include "bench/customer.h"
#include "bench/measure.h"
#include "bench/measurements.h"
#include "bench/raw_engine.h"
#include "provider/ready_network.h"

#include <thread>

namespace berth::bench {

namespace {

struct Round {
    double ours = 0;
    double raw = 0;
    double bare = 0;
};

/// After so long without a sale no network is kept ready: the next customer's is made while the mint is asked.
constexpr std::chrono::seconds kQuiet = provider::kSalesFollow + std::chrono::seconds{2};
/// Of the samples of the others: these wait.
constexpr size_t kFirstSalesShare = 4;

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

/// The first sale after a while, beside the raw calls.
Result<Line> measure_first_sale(Stage& stage, Customer& customer, RawEngine& engine)
{
    Samples berth;
    Samples raw;
    for (size_t number = 0; number < std::max<size_t>(4, stage.settings().samples / kFirstSalesShare); ++number) {
        std::this_thread::sleep_for(kQuiet);
        const Round round = TRY(play_round(stage, customer, engine, number % 2 == 0));
        berth.add(round.ours);
        raw.add(round.raw);
    }
    return ratio_line("first_request_to_reply", berth, "raw", raw, 1.1);
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
    Line first_sale = TRY(measure_first_sale(stage, customer, engine));
    return Lines{ratio_line("request_to_reply", berth, "raw", raw, 1.05),
                 ratio_line("request_to_reply_bare", berth, "bare", bare, 1.4), std::move(first_sale)};
}

} // namespace berth::bench
