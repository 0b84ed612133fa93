#include "bench/measure.h"
#include "bench/measurements.h"
#include "consumer/session.h"
#include "crypto/random.h"

#include <thread>

namespace berth::bench {

namespace {

constexpr double kAimSeconds = 0.1;
constexpr double kWaitMs = 10'000;

/// One provider's start, watched by a consumer that is connected already.
Result<double> time_start(Stage& stage, consumer::Session& session)
{
    const Stage::Provider provider = TRY(stage.make_provider());
    nostr::Filter beats;
    beats.kinds = {nostr::kind::heartbeat};
    beats.authors = {provider.key.bytes()};
    const Stopwatch watch;
    const DaemonProcess daemon = TRY(stage.start(provider));
    while (session.fetch(beats, std::chrono::seconds{1}).empty()) {
        if (watch.milliseconds() > kWaitMs)
            return fail(Errc::unavailable, "no heartbeat; the daemon's log is {}", provider.log);
        std::this_thread::sleep_for(std::chrono::milliseconds{1}); // the daemon needs the processor more
    }
    return watch.milliseconds() / 1000;
}

} // namespace

Result<Lines> measure_start(Stage& stage)
{
    crypto::SystemRandom random;
    const auto session =
        TRY(consumer::Session::open({.relays = {stage.relay_url()}, .key = nostr::SecretKey::random(random)}));
    Samples seconds;
    for (size_t i = 0; i < stage.settings().samples; ++i) {
        const double one = TRY(time_start(stage, *session));
        seconds.add(one);
    }
    return Lines{Line{.name = "start_to_first_beat",
                      .measured = fmt::format("{:.3f} s (± {:.3f})", seconds.median(), seconds.spread()),
                      .limit = "",
                      .value = seconds.median(),
                      .aim = kAimSeconds}};
}

} // namespace berth::bench
