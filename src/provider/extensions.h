#pragma once
// Bodies of what only berth says: answers to `quote`, `unlock` and `stop`, and notices that nobody asked for. Clients
// that don't know them ignore them.

#include "provider/wire.h"

namespace berth::provider {

/// What a spawn would get, or why it would be refused.
struct Quote {
    std::optional<Refusal> refusal{};
    const Spec* spec = nullptr; ///< absent when none of that id is sold
    std::optional<cashu::Msat> amount{};
    bool is_image_present = false; ///< else it would be pulled first
    uint64_t free_slots = 0;
    std::string payment_request{}; ///< NUT-18
};

[[nodiscard]] std::string encode_quote(const Options& options, const Quote& quote);

[[nodiscard]] std::string encode_unlocked(uint32_t number, UnixTime expires_at);
/// What the owner of a lease is told when it was found locked.
[[nodiscard]] std::string encode_locked(uint32_t number);

/// The arithmetic of a lease that ended before its time.
struct UnusedTime {
    uint32_t number = 0;
    std::string reason;        ///< stopped, evicted or vanished
    std::string explanation{}; ///< the operator's; may be empty
    UnixTime ended_at{};
    std::chrono::seconds bought{0};
    std::chrono::seconds unused{0};
    uint64_t rate_msats_per_sec = 0;
    cashu::Msat owed;
    uint64_t refunded_msat = 0; ///< of it, in whole units of the mints that the money lies at
};

/// As the answer to `stop`, or as a notice. The refund itself is added by refunds.h.
[[nodiscard]] std::string encode_unused_time(const UnusedTime& facts);

} // namespace berth::provider
