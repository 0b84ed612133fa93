#include "cashu/melt.h"

#include <doctest/doctest.h>

namespace berth::cashu {

namespace {

using namespace std::chrono_literals;

const UnixTime t0{std::chrono::milliseconds{1'800'000'000'000}};
const UnixTime kExpiry = t0 + 30min;

MeltRow row_in(MeltState state, MeltQuestion question = MeltQuestion::quote, int attempts = 1)
{
    MeltRow row;
    row.state = state;
    row.question = question;
    row.attempts = attempts;
    row.expires_at = kExpiry;
    row.created_at = t0;
    row.due_at = t0;
    return row;
}

} // namespace

TEST_CASE("after a restart every state of a payment asks for the step that its row names")
{
    struct Expected {
        MeltState state;
        MeltQuestion question;
        MeltStep step;
    };
    for (const Expected& row : {Expected{MeltState::quoting, MeltQuestion::quote, MeltStep::ask_quote},
                                Expected{MeltState::prepared, MeltQuestion::quote, MeltStep::post_melt},
                                // Whether the post arrived is not known: never post again unasked.
                                Expected{MeltState::sent, MeltQuestion::quote, MeltStep::check_quote},
                                Expected{MeltState::checking, MeltQuestion::quote, MeltStep::check_quote},
                                Expected{MeltState::checking, MeltQuestion::inputs, MeltStep::check_inputs},
                                Expected{MeltState::restoring, MeltQuestion::quote, MeltStep::restore_change},
                                Expected{MeltState::paid, MeltQuestion::quote, MeltStep::nothing},
                                Expected{MeltState::failed, MeltQuestion::quote, MeltStep::nothing}}) {
        CHECK(next_step(row_in(row.state, row.question), t0) == row.step);
        const bool ended = row.step == MeltStep::nothing;
        CHECK(next_step(row_in(row.state, row.question), t0 - 1ms) == (ended ? MeltStep::nothing : MeltStep::wait));
    }
}

TEST_CASE("a melt's answer ends nothing by itself but leads to the quote, or to the change")
{
    for (const MeltAnswer answer :
         {MeltAnswer::pending, MeltAnswer::unpaid, MeltAnswer::refused, MeltAnswer::ambiguous}) {
        const MeltRuling ruling = judge_melt(row_in(MeltState::sent), answer, t0);
        CHECK(ruling.verdict == MeltVerdict::go_on);
        CHECK(ruling.row.state == MeltState::checking);
        CHECK(ruling.row.question == MeltQuestion::quote);
        CHECK(ruling.row.refused == (answer == MeltAnswer::refused));
    }
    CHECK(judge_melt(row_in(MeltState::sent), MeltAnswer::paid, t0).row.state == MeltState::restoring);
}

TEST_CASE("a pending payment is asked about for ever, ever less often")
{
    MeltRow row = row_in(MeltState::checking);
    UnixTime now = t0;
    for (int i = 0; i < 500; ++i) {
        const MeltRuling ruling = judge_quote(row, MeltAnswer::pending, now);
        CHECK(ruling.verdict == MeltVerdict::go_on);
        CHECK(ruling.row.due_at > now);
        row = ruling.row;
        now = row.due_at;
    }
    CHECK(now - t0 > 48h);
    CHECK(next_step(row, now) == MeltStep::check_quote);
}

TEST_CASE("an unpaid quote proves nothing before the inputs were asked about")
{
    const MeltRuling ruling = judge_quote(row_in(MeltState::checking), MeltAnswer::unpaid, t0);
    CHECK(ruling.verdict == MeltVerdict::go_on);
    CHECK(next_step(ruling.row, t0) == MeltStep::check_inputs);
}

TEST_CASE("inputs are freed only when they are unspent and nothing of ours can still be executed")
{
    struct Case {
        bool refused;
        int attempts;
        InputStates states;
        UnixTime now;
        MeltVerdict verdict;
    };
    const UnixTime late = kExpiry + 2min;
    for (const Case& each : {Case{true, 1, InputStates::unspent, t0, MeltVerdict::failed},
                             Case{true, 2, InputStates::unspent, t0, MeltVerdict::go_on},
                             Case{false, 1, InputStates::unspent, t0, MeltVerdict::go_on},
                             Case{false, 1, InputStates::unspent, kExpiry + 1min, MeltVerdict::go_on},
                             Case{false, 1, InputStates::unspent, late, MeltVerdict::failed},
                             Case{true, 2, InputStates::unspent, late, MeltVerdict::failed},
                             Case{true, 1, InputStates::pending, late, MeltVerdict::go_on},
                             Case{true, 1, InputStates::spent, late, MeltVerdict::go_on},
                             Case{true, 1, InputStates::mixed, late, MeltVerdict::go_on},
                             Case{true, 1, InputStates::unknown, late, MeltVerdict::go_on}}) {
        MeltRow row = row_in(MeltState::checking, MeltQuestion::inputs, each.attempts);
        row.refused = each.refused;
        const MeltRuling ruling = judge_melt_inputs(row, each.states, each.now);
        CHECK(ruling.verdict == each.verdict);
        if (each.states == InputStates::unspent && each.verdict == MeltVerdict::go_on)
            CHECK(ruling.row.state == MeltState::prepared); // the same bytes again
        else if (each.verdict == MeltVerdict::go_on)
            CHECK(ruling.row.state == MeltState::checking);
    }
}

TEST_CASE("without an expiry in the quote a payment that never begins is given up after a day")
{
    MeltRow row = row_in(MeltState::checking, MeltQuestion::inputs);
    row.expires_at.reset();
    CHECK(judge_melt_inputs(row, InputStates::unspent, t0 + 23h).verdict == MeltVerdict::go_on);
    CHECK(judge_melt_inputs(row, InputStates::unspent, t0 + 24h).verdict == MeltVerdict::failed);
}

TEST_CASE("a quote that never comes fails after some minutes, with nothing at stake")
{
    CHECK(judge_missing_quote(row_in(MeltState::quoting), t0 + 4min).verdict == MeltVerdict::go_on);
    CHECK(judge_missing_quote(row_in(MeltState::quoting), t0 + 5min).verdict == MeltVerdict::failed);
}

TEST_CASE("change that must be there is asked for several times, other change once")
{
    MeltRow row = row_in(MeltState::restoring);
    CHECK(judge_change(row, ChangeFound::some, true, t0).verdict == MeltVerdict::paid);
    CHECK(judge_change(row, ChangeFound::none, false, t0).verdict == MeltVerdict::paid);
    int asked = 1;
    for (MeltRuling ruling = judge_change(row, ChangeFound::none, true, t0); ruling.verdict == MeltVerdict::go_on;
         ruling = judge_change(ruling.row, ChangeFound::none, true, t0))
        ++asked;
    CHECK(asked == 5);
    for (int i = 0; i < 100; ++i) {
        const MeltRuling ruling = judge_change(row, ChangeFound::failed, true, t0);
        CHECK(ruling.verdict == MeltVerdict::go_on);
        row = ruling.row;
    }
}

} // namespace berth::cashu
