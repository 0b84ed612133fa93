#pragma once
// What must hold once everything has settled, judged from outside: by the mint, by the containers' lives, and by what
// the consumers were told.

#include "sim/consumer.h"
#include "sim/fake_engine.h"

namespace berth::sim {

struct Evidence {
    const Consumers& consumers;
    const FakeEngine& engine;
    const Process& process;
    test::FakeMint& mint;
    cashu::Msat provider_balance;
    uint64_t rate_msats_per_sec = 0;
    std::chrono::seconds expiry_warning{};
    bool lock_stops_clock = true;
    std::map<std::string, int64_t> served_at; ///< request → when the provider's rows say that it was served, ms
};

struct Verdict {
    int granted = 0;
    int refunded = 0;
    int vanished = 0;
    int warnings = 0;
    int crash_loops = 0;
    std::vector<std::string> violations;
};

/// Redeems every refund at the mint on the way, as the consumers would.
[[nodiscard]] Verdict judge(const Evidence& evidence);

} // namespace berth::sim
