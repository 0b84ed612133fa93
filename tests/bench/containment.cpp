#include "bench/measure.h"
#include "bench/measurements.h"
#include "bench/raw_engine.h"

#include <array>

namespace berth::bench {

namespace {

constexpr std::array kNetworks{RawNetwork::none, RawNetwork::in_line, RawNetwork::kept_ready};

} // namespace

Result<Lines> measure_containment(Stage& stage)
{
    RawEngine engine{stage.settings().docker_socket};
    std::array<Samples, kNetworks.size()> samples;
    // Sample by sample in turn, and each time another one first: the Engine still tidies up after one while the next
    // runs. The first round only warms up.
    for (size_t round = 0; round <= stage.settings().samples; ++round)
        for (size_t i = 0; i < kNetworks.size(); ++i) {
            const size_t which = (round + i) % kNetworks.size();
            const double took = TRY(engine.run_and_remove(0, kNetworks[which]));
            if (round > 0)
                samples[which].add(took);
        }
    const Samples& bare = samples[0];
    return Lines{ratio_line("own_network_in_line", samples[1], "bare", bare, 1.6),
                 ratio_line("own_network_kept_ready", samples[2], "bare", bare, 1.3)};
}

} // namespace berth::bench
