#include "provider/payment_terms.h"

#include "cashu/payment_request.h"

#include <doctest/doctest.h>

namespace berth::provider {
namespace {

const std::string kLockKey = "02" + std::string(64, 'a');
const UnixTime kNow = from_unix_seconds(1'800'000'000);

Options provider_of_two_mints()
{
    Bytes32 one{};
    one[31] = 1;
    Options options{.key = nostr::SecretKey::create(one).value()};
    options.wallet.mints = {{.url = "https://mint.example"}, {.url = "https://other.example"}};
    return options;
}

cashu::PaymentRequest request_at(UnixTime now)
{
    return cashu::decode_payment_request(make_payment_request(provider_of_two_mints(), kLockKey, now)).value();
}

int64_t locktime_at(UnixTime now)
{
    const cashu::RequestTag tag = request_at(now).lock.value().tags.at(0);
    REQUIRE(tag.at(0) == "locktime");
    return std::stoll(tag.at(1));
}

TEST_CASE("the payment request asks for a lock to the wallet's key, at the mints that are accepted")
{
    const cashu::PaymentRequest request = request_at(kNow);
    CHECK(request.mints == std::vector<std::string>{"https://mint.example", "https://other.example"});
    CHECK(request.unit == "sat");
    CHECK_FALSE(request.amount);
    CHECK(request.lock.value().kind == "P2PK");
    CHECK(request.lock.value().data == kLockKey);
}

TEST_CASE("its locktime is one to two days away, and moves once a day")
{
    for (int hour = 0; hour < 48; ++hour) {
        const UnixTime now = kNow + std::chrono::hours{hour};
        const int64_t ahead = locktime_at(now) - unix_seconds(now);
        CHECK(ahead > 86'400);
        CHECK(ahead <= 2 * 86'400);
    }
    const UnixTime midnight = from_unix_seconds(1'800'000'000 / 86'400 * 86'400);
    CHECK(locktime_at(midnight) == locktime_at(midnight + std::chrono::seconds{86'399}));
    CHECK(locktime_at(midnight) != locktime_at(midnight + std::chrono::seconds{86'400}));
}

TEST_CASE("an unlocked token is refused only where the operator says so, with the payment request")
{
    Options options = provider_of_two_mints();
    const cashu::CheckedToken open{.locked_to_us = false};
    const cashu::CheckedToken locked{.locked_to_us = true};
    CHECK_FALSE(judge_lock(open, options, kLockKey, kNow));
    options.accept_unlocked_tokens = false;
    CHECK_FALSE(judge_lock(locked, options, kLockKey, kNow));
    const auto refusal = judge_lock(open, options, kLockKey, kNow);
    REQUIRE(refusal);
    CHECK(std::string{refusal->type} == error_type::invalid_token);
    CHECK(refusal->message.find(make_payment_request(options, kLockKey, kNow)) != std::string::npos);
}

} // namespace
} // namespace berth::provider
