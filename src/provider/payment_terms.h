#pragma once
// How a provider wants to be paid: tokens that are locked to its wallet's key, so that whoever reads one on its way
// can't spend it, and its owner can't either while the provider is at it.

#include "provider/wire.h"

namespace berth::provider {

/// What offer and quote carry (NUT-18, creqA): the mints, and a lock (NUT-11) to the wallet's key with a locktime of
/// one to two days from now, which moves once a day (UTC). The token travels in the request for a lease, so no
/// transport is named. A payer adds a `refund` tag with a key of its own: past the locktime that key spends the token,
/// too.
[[nodiscard]] std::string make_payment_request(const Options& options, const std::string& lock_key, UnixTime now);

/// Whether a token may pay here as it is locked; it was checked already that the wallet can spend it.
[[nodiscard]] std::optional<Refusal> judge_lock(const cashu::CheckedToken& token, const Options& options,
                                                const std::string& lock_key, UnixTime now);

} // namespace berth::provider
