#include "cashu/redeem.h"

#include <algorithm>
#include <utility>

namespace berth::cashu {

namespace {

using namespace std::chrono_literals;

RedeemRow asking(RedeemRow row, RedeemQuestion question, UnixTime now)
{
    row.state = RedeemState::checking;
    row.question = question;
    row.due_at = now;
    return row;
}

RedeemRow backing_off(RedeemRow row, UnixTime now)
{
    row.due_at = now + redeem_back_off(row.failures);
    ++row.failures;
    return row;
}

RedeemRow posting_again(RedeemRow row, UnixTime now)
{
    row.state = RedeemState::sent;
    return backing_off(std::move(row), now);
}

RedeemRuling ended(RedeemRow row, RedeemState state, RedeemVerdict verdict)
{
    row.state = state;
    return {std::move(row), verdict};
}

/// Whether empty restores show that the mint never signed our outputs. When its clear no was the answer to the first
/// post ever, nothing of ours was executed, and two looks are enough for a proxy that repeated the post by itself.
bool is_absence_proven(const RedeemRow& row, UnixTime now, const RedeemLimits& limits)
{
    const bool first_answer_was_no = row.answer == SwapAnswer::rejected && row.attempts == 1 && row.renewals == 0;
    const int looks = first_answer_was_no ? limits.restores_empty_after_no_min : limits.restores_empty_min;
    const auto span = first_answer_was_no ? limits.restores_empty_after_no_span : limits.restores_empty_span;
    return row.restores_empty >= looks && now - *row.first_empty_at >= span;
}

RedeemRuling judge_unspent(RedeemRow row, UnixTime now, const RedeemLimits& limits)
{
    const bool may_renew = row.renewals < limits.renewals_max;
    if (row.answer == SwapAnswer::outputs_signed && may_renew)
        return {asking(std::move(row), RedeemQuestion::counter, now), RedeemVerdict::scan};
    // A mint may have retired a keyset and have no other.
    const bool is_over = now - row.created_at >= limits.deadline;
    if (row.answer == SwapAnswer::keyset_retired && may_renew && !is_over)
        return {std::move(row), RedeemVerdict::renew};
    const bool clear_no = row.answer == SwapAnswer::rejected || row.answer == SwapAnswer::keyset_retired ||
                          row.answer == SwapAnswer::outputs_signed;
    // Only the first answer ever is proof: a refusal of a repeat may follow an execution that we never heard of.
    if (clear_no && row.attempts == 1)
        return ended(std::move(row), RedeemState::rejected, RedeemVerdict::refused);
    if (is_over)
        return ended(std::move(row), RedeemState::rejected, RedeemVerdict::gave_up);
    return {posting_again(std::move(row), now), RedeemVerdict::go_on};
}

} // namespace

std::chrono::milliseconds redeem_back_off(int failures)
{
    constexpr int kDoublings = 8;
    if (failures < kDoublings)
        return 1s * (1 << std::max(failures, 0));
    return failures == kDoublings ? 5min : 10min;
}

RedeemStep next_step(const RedeemRow& row, UnixTime now)
{
    if (row.state == RedeemState::done || row.state == RedeemState::rejected)
        return RedeemStep::nothing;
    if (now < row.due_at)
        return RedeemStep::wait;
    if (row.state != RedeemState::checking)
        return RedeemStep::post_swap;
    switch (row.question) {
    case RedeemQuestion::inputs:
        return RedeemStep::check_inputs;
    case RedeemQuestion::outputs:
        return RedeemStep::restore_outputs;
    case RedeemQuestion::counter:
        return RedeemStep::scan_counter;
    }
    return RedeemStep::nothing;
}

RedeemRow on_post(RedeemRow row, UnixTime now)
{
    row.state = RedeemState::sent;
    row.answer = SwapAnswer::none;
    row.due_at = now;
    ++row.attempts;
    return row;
}

RedeemRuling judge_swap(RedeemRow row, SwapAnswer answer, UnixTime now)
{
    row.answer = answer;
    if (answer == SwapAnswer::signatures)
        return ended(std::move(row), RedeemState::done, RedeemVerdict::done);
    const auto verdict = answer == SwapAnswer::bad_signatures ? RedeemVerdict::quarantine : RedeemVerdict::go_on;
    return {asking(std::move(row), RedeemQuestion::inputs, now), verdict};
}

RedeemRuling judge_inputs(RedeemRow row, InputStates states, UnixTime now, const RedeemLimits& limits)
{
    switch (states) {
    case InputStates::unknown:
        return {posting_again(std::move(row), now), RedeemVerdict::go_on};
    case InputStates::pending:
        return {backing_off(std::move(row), now), RedeemVerdict::go_on};
    case InputStates::unspent:
        return judge_unspent(std::move(row), now, limits);
    case InputStates::spent:
        return {asking(std::move(row), RedeemQuestion::outputs, now), RedeemVerdict::go_on};
    // A swap is atomic, so a part that is spent was spent by somebody else.
    case InputStates::mixed:
        return ended(std::move(row), RedeemState::rejected, RedeemVerdict::double_spent);
    }
    return {std::move(row), RedeemVerdict::go_on};
}

RedeemRuling judge_restore(RedeemRow row, RestoreAnswer answer, UnixTime now, const RedeemLimits& limits)
{
    if (answer == RestoreAnswer::all)
        return ended(std::move(row), RedeemState::done, RedeemVerdict::done);
    if (answer == RestoreAnswer::some)
        return {backing_off(std::move(row), now), RedeemVerdict::quarantine};
    if (answer == RestoreAnswer::failed)
        return {backing_off(std::move(row), now), RedeemVerdict::go_on};
    // Some mints save spent inputs before signatures, and replicas lag: one empty answer proves nothing.
    ++row.restores_empty;
    if (!row.first_empty_at)
        row.first_empty_at = now;
    if (!is_absence_proven(row, now, limits))
        return {backing_off(std::move(row), now), RedeemVerdict::go_on};
    if (row.witness_is_ours)
        return {backing_off(std::move(row), now), RedeemVerdict::quarantine};
    return ended(std::move(row), RedeemState::rejected, RedeemVerdict::double_spent);
}

RedeemRuling judge_scan(RedeemRow row, bool hits)
{
    if (hits)
        return {std::move(row), RedeemVerdict::renew};
    // Nothing was signed behind our back, so the code meant something else; a first answer is then a plain no. A mint
    // that only remembers these outputs would say the same for ever.
    if (row.attempts == 1)
        return ended(std::move(row), RedeemState::rejected, RedeemVerdict::refused);
    return {std::move(row), RedeemVerdict::renew};
}

RedeemRow on_renewed(RedeemRow row, UnixTime now)
{
    row.state = RedeemState::prepared;
    row.question = RedeemQuestion::inputs;
    row.answer = SwapAnswer::none;
    row.attempts = 0;
    row.failures = 0;
    row.restores_empty = 0;
    row.first_empty_at.reset();
    row.due_at = now;
    ++row.renewals;
    return row;
}

SwapAnswer classify_refusal(int http_status, std::optional<int64_t> code, bool has_detail)
{
    if (http_status != 400 || !code || !has_detail)
        return SwapAnswer::ambiguous;
    switch (*code) {
    case 11002: // proofs pending (older mints: not balanced, which checkstate and the deadline sort out)
    case 11004:
        return SwapAnswer::ambiguous;
    case 10002:
    case 11003:
    case 11008:
        return SwapAnswer::outputs_signed;
    case 12002:
    case 12003:
        return SwapAnswer::keyset_retired;
    default:
        return SwapAnswer::rejected;
    }
}

} // namespace berth::cashu
