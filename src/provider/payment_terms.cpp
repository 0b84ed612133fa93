#include "provider/payment_terms.h"

#include "cashu/payment_request.h"

namespace berth::provider {

namespace {

constexpr int64_t kDay = 86'400;

} // namespace

std::string make_payment_request(const Options& options, const std::string& lock_key, UnixTime now)
{
    // Whole days, so that the offer changes once a day. Longer than any request waits; then the payer's refund key
    // gets back what the provider never took.
    const int64_t locktime = (unix_seconds(now) / kDay + 2) * kDay;
    cashu::PaymentRequest request{
        .id = nostr::PublicKey::of(options.key).hex().substr(0, 16),
        .amount = {},
        .unit = std::string{cashu::name_of(cashu::Unit::sat)},
        .single_use = {},
        .mints = {},
        .description = "The token goes into the request for a lease. Add a refund tag with a key of yours.",
        .transports = {},
        .lock = cashu::LockOption{.kind = "P2PK", .data = lock_key, .tags = {{"locktime", std::to_string(locktime)}}}};
    for (const cashu::MintOptions& mint : options.wallet.mints)
        request.mints.push_back(mint.url);
    return cashu::encode_payment_request(request);
}

std::optional<Refusal> judge_lock(const cashu::CheckedToken& token, const Options& options, const std::string& lock_key,
                                  UnixTime now)
{
    if (options.accept_unlocked_tokens || token.locked_to_us)
        return std::nullopt;
    return Refusal{error_type::invalid_token,
                   fmt::format("only tokens that are locked to {} (NUT-11) are taken here, and nobody else may hold a "
                               "key to them now; nothing was taken. Payment request: {}",
                               lock_key, make_payment_request(options, lock_key, now))};
}

} // namespace berth::provider
