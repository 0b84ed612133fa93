#include "cashu/melt.h"

#include <utility>

namespace berth::cashu {

namespace {

using namespace std::chrono_literals;

constexpr auto kQuotePatience = 5min;
constexpr auto kExpiryMargin = 2min;                    ///< clocks differ
constexpr auto kExpiryUnknown = std::chrono::hours{24}; ///< since the beginning, when the quote names none
constexpr int kEmptyRestoresMax = 5;

MeltRow asking(MeltRow row, MeltQuestion question, UnixTime now)
{
    row.state = MeltState::checking;
    row.question = question;
    row.due_at = now;
    return row;
}

MeltRow asking_later(MeltRow row, MeltQuestion question, UnixTime now)
{
    const UnixTime then = now + redeem_back_off(row.failures++);
    return asking(std::move(row), question, then);
}

MeltRuling restoring(MeltRow row, UnixTime now)
{
    row.state = MeltState::restoring;
    row.failures = 0;
    row.due_at = now;
    return {std::move(row), MeltVerdict::go_on};
}

MeltRuling ended(MeltRow row, MeltState state, MeltVerdict verdict)
{
    row.state = state;
    return {std::move(row), verdict};
}

} // namespace

MeltStep next_step(const MeltRow& row, UnixTime now)
{
    if (row.state == MeltState::paid || row.state == MeltState::failed)
        return MeltStep::nothing;
    if (now < row.due_at)
        return MeltStep::wait;
    switch (row.state) {
    case MeltState::quoting:
        return MeltStep::ask_quote;
    case MeltState::prepared:
        return MeltStep::post_melt;
    // Sent, and nobody waits for the answer any more: the quote knows.
    case MeltState::sent:
        return MeltStep::check_quote;
    case MeltState::checking:
        return row.question == MeltQuestion::quote ? MeltStep::check_quote : MeltStep::check_inputs;
    default:
        return MeltStep::restore_change;
    }
}

MeltRuling judge_missing_quote(MeltRow row, UnixTime now)
{
    if (now - row.created_at >= kQuotePatience)
        return ended(std::move(row), MeltState::failed, MeltVerdict::failed);
    row.due_at = now + redeem_back_off(row.failures++);
    return {std::move(row), MeltVerdict::go_on};
}

MeltRow on_prepared(MeltRow row, std::optional<UnixTime> expires_at, UnixTime now)
{
    row.state = MeltState::prepared;
    row.failures = 0;
    row.expires_at = expires_at;
    row.due_at = now;
    return row;
}

MeltRow on_post(MeltRow row, UnixTime now)
{
    row.state = MeltState::sent;
    row.refused = false;
    row.due_at = now;
    ++row.attempts;
    return row;
}

MeltRuling judge_melt(MeltRow row, MeltAnswer answer, UnixTime now)
{
    row.refused = answer == MeltAnswer::refused;
    if (answer == MeltAnswer::paid)
        return restoring(std::move(row), now);
    if (answer == MeltAnswer::pending)
        return {asking_later(std::move(row), MeltQuestion::quote, now), MeltVerdict::go_on};
    return {asking(std::move(row), MeltQuestion::quote, now), MeltVerdict::go_on};
}

MeltRuling judge_quote(MeltRow row, MeltAnswer answer, UnixTime now)
{
    if (answer == MeltAnswer::paid)
        return restoring(std::move(row), now);
    if (answer == MeltAnswer::unpaid)
        return {asking(std::move(row), MeltQuestion::inputs, now), MeltVerdict::go_on};
    return {asking_later(std::move(row), MeltQuestion::quote, now), MeltVerdict::go_on};
}

MeltRuling judge_melt_inputs(MeltRow row, InputStates states, UnixTime now)
{
    if (states == InputStates::unknown)
        return {asking_later(std::move(row), MeltQuestion::inputs, now), MeltVerdict::go_on};
    // Spent, or about to be: then the quote will be PAID, or the payment fails and frees them.
    if (states != InputStates::unspent)
        return {asking_later(std::move(row), MeltQuestion::quote, now), MeltVerdict::go_on};
    const UnixTime over = row.expires_at ? *row.expires_at + kExpiryMargin : row.created_at + kExpiryUnknown;
    // A no to the only post proves that nothing of ours is still on its way.
    if ((row.refused && row.attempts == 1) || now >= over)
        return ended(std::move(row), MeltState::failed, MeltVerdict::failed);
    row.state = MeltState::prepared;
    row.due_at = now + redeem_back_off(row.failures++);
    return {std::move(row), MeltVerdict::go_on};
}

MeltRuling judge_change(MeltRow row, ChangeFound found, bool due, UnixTime now)
{
    const bool ask_again =
        found == ChangeFound::failed || (found == ChangeFound::none && due && ++row.empty_restores < kEmptyRestoresMax);
    if (!ask_again)
        return ended(std::move(row), MeltState::paid, MeltVerdict::paid);
    row.due_at = now + redeem_back_off(row.failures++);
    return {std::move(row), MeltVerdict::go_on};
}

} // namespace berth::cashu
