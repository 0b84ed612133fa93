#pragma once
// The wallet in the hands of its operator while the provider is stopped: one request, driven until it is over. Crash
// safe like the provider itself, since it is the same wallet on the same database.

#include "cashu/wallet_verbs.h"
#include "daemon/config.h"

#include <chrono>

namespace berth::cli {

/// The answer's JSON text. `words`: of a wallet to be made first, where there is none yet. conflict when a provider
/// runs in the state directory; unavailable when it is not over in time, after which it goes on with whoever opens the
/// wallet next.
[[nodiscard]] Result<std::string> run_wallet_request(const daemon::Config& config,
                                                     const cashu::OperatorRequest& request,
                                                     const std::optional<std::string>& words,
                                                     std::chrono::seconds patience);

} // namespace berth::cli
