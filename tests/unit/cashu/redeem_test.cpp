#include "cashu/redeem.h"

#include <doctest/doctest.h>

namespace berth::cashu {

namespace {

using namespace std::chrono_literals;

const UnixTime t0{std::chrono::milliseconds{1'800'000'000'000}};

RedeemRow sent_row(SwapAnswer answer, int attempts)
{
    RedeemRow row;
    row.state = RedeemState::checking;
    row.answer = answer;
    row.attempts = attempts;
    row.created_at = t0;
    row.due_at = t0;
    return row;
}

} // namespace

TEST_CASE("after a restart every state asks for the step that its row names")
{
    RedeemRow row;
    row.due_at = t0;
    CHECK(next_step(row, t0 - 1ms) == RedeemStep::wait);
    CHECK(next_step(row, t0) == RedeemStep::post_swap);
    row.state = RedeemState::sent;
    CHECK(next_step(row, t0) == RedeemStep::post_swap);
    row.state = RedeemState::checking;
    CHECK(next_step(row, t0) == RedeemStep::check_inputs);
    row.question = RedeemQuestion::outputs;
    CHECK(next_step(row, t0) == RedeemStep::restore_outputs);
    row.question = RedeemQuestion::counter;
    CHECK(next_step(row, t0) == RedeemStep::scan_counter);
    row.state = RedeemState::done;
    CHECK(next_step(row, t0) == RedeemStep::nothing);
}

TEST_CASE("nothing but valid signatures ends a swap without asking for the inputs")
{
    for (const SwapAnswer answer : {SwapAnswer::bad_signatures, SwapAnswer::rejected, SwapAnswer::outputs_signed,
                                    SwapAnswer::keyset_retired, SwapAnswer::ambiguous}) {
        const auto ruling = judge_swap(sent_row(SwapAnswer::none, 1), answer, t0);
        CHECK(next_step(ruling.row, t0) == RedeemStep::check_inputs);
    }
    CHECK(judge_swap(sent_row(SwapAnswer::none, 1), SwapAnswer::signatures, t0).verdict == RedeemVerdict::done);
}

TEST_CASE("a refusal counts only as the first answer and with all inputs unspent")
{
    CHECK(judge_inputs(sent_row(SwapAnswer::rejected, 1), InputStates::unspent, t0, {}).verdict ==
          RedeemVerdict::refused);
    const auto repeated = judge_inputs(sent_row(SwapAnswer::rejected, 2), InputStates::unspent, t0, {});
    CHECK(repeated.verdict == RedeemVerdict::go_on);
    CHECK(repeated.row.state == RedeemState::sent);
    CHECK(judge_inputs(sent_row(SwapAnswer::rejected, 1), InputStates::pending, t0, {}).verdict ==
          RedeemVerdict::go_on);
}

TEST_CASE("the deadline gives up only what is proven unspent")
{
    const UnixTime late = t0 + 11min;
    const RedeemRow row = sent_row(SwapAnswer::ambiguous, 3);
    CHECK(judge_inputs(row, InputStates::unspent, late, {}).verdict == RedeemVerdict::gave_up);
    CHECK(judge_inputs(row, InputStates::unknown, late, {}).verdict == RedeemVerdict::go_on);
    CHECK(judge_inputs(row, InputStates::pending, late, {}).verdict == RedeemVerdict::go_on);
    CHECK(judge_inputs(row, InputStates::spent, late, {}).row.question == RedeemQuestion::outputs);
}

TEST_CASE("outputs signed before lead to a scan, a retired keyset to new outputs, but not without end")
{
    auto row = sent_row(SwapAnswer::outputs_signed, 1);
    CHECK(judge_inputs(row, InputStates::unspent, t0, {}).verdict == RedeemVerdict::scan);
    row.renewals = 3;
    CHECK(judge_inputs(row, InputStates::unspent, t0, {}).verdict == RedeemVerdict::refused);
    CHECK(judge_inputs(sent_row(SwapAnswer::keyset_retired, 4), InputStates::unspent, t0, {}).verdict ==
          RedeemVerdict::renew);
    CHECK(judge_scan(sent_row(SwapAnswer::outputs_signed, 1), false).verdict == RedeemVerdict::refused);
    CHECK(judge_scan(sent_row(SwapAnswer::outputs_signed, 2), false).verdict == RedeemVerdict::renew);
    CHECK(judge_scan(sent_row(SwapAnswer::outputs_signed, 1), true).verdict == RedeemVerdict::renew);
}

TEST_CASE("an empty restore proves a double spend after five answers over two minutes, unless the witness is ours")
{
    for (const bool ours : {false, true}) {
        RedeemRow row = sent_row(SwapAnswer::ambiguous, 1);
        row.witness_is_ours = ours;
        for (int i = 0; i < 10; ++i) {
            const auto early = judge_restore(row, RestoreAnswer::none, t0 + i * 1s, {});
            CHECK(early.verdict == RedeemVerdict::go_on);
            row = early.row;
        }
        const auto last = judge_restore(row, RestoreAnswer::none, t0 + 2min, {});
        CHECK(last.verdict == (ours ? RedeemVerdict::quarantine : RedeemVerdict::double_spent));
    }
}

TEST_CASE("only HTTP 400 with a code and a text can be a refusal")
{
    CHECK(classify_refusal(400, 50000, true) == SwapAnswer::rejected);
    CHECK(classify_refusal(400, std::nullopt, true) == SwapAnswer::ambiguous);
    CHECK(classify_refusal(400, 50000, false) == SwapAnswer::ambiguous);
    for (const int status : {301, 401, 403, 404, 408, 413, 422, 429, 500, 502})
        CHECK(classify_refusal(status, 50000, true) == SwapAnswer::ambiguous);
    CHECK(classify_refusal(400, 12002, true) == SwapAnswer::keyset_retired);
    CHECK(classify_refusal(400, 10002, true) == SwapAnswer::outputs_signed);
    CHECK(classify_refusal(400, 11002, true) == SwapAnswer::ambiguous);
}

TEST_CASE("the back-off doubles to five minutes and then stays at ten")
{
    CHECK(redeem_back_off(0) == 1s);
    CHECK(redeem_back_off(3) == 8s);
    CHECK(redeem_back_off(8) == 5min);
    CHECK(redeem_back_off(100) == 10min);
}

} // namespace berth::cashu
