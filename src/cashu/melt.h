#pragma once
// The saga of one invoice paid by a mint (NUT-05, with change by NUT-08), as a pure function of its row. No I/O.
//
//   quoting ──► prepared ──► sent ──► checking ─┬─ quote PAID ──► restoring ──► paid     inputs spent, change kept
//      │      (inputs held,            ▲        ├─ PENDING: ask again, for ever
//      │       blanks saved)           └────────┤  UNPAID, and the inputs (NUT-07)
//      │                                        ├─ are pending, or spent: ask again
//      │                                        ├─ are unspent after a clear no to the only post,
//      │                                        │  or past the quote's expiry ─────────► failed   inputs free
//      └─ no quote in time ─► failed            └─ are unspent otherwise: the same bytes again

#include "cashu/redeem.h"

namespace berth::cashu {

enum class MeltState { quoting, prepared, sent, checking, restoring, paid, failed };

/// What a row in `checking` wants to know.
enum class MeltQuestion { quote, inputs };

enum class MeltStep { wait, ask_quote, post_melt, check_quote, check_inputs, restore_change, nothing };

/// What the mint says of a payment, be it in answer to the melt or to a look at its quote.
enum class MeltAnswer {
    paid,      ///< or it shows a preimage
    pending,   ///< under way
    unpaid,    ///< some mints say so for a moment before the payment begins
    refused,   ///< 400 with an integer code and a text
    ambiguous, ///< everything else
};

/// The columns that decide.
struct MeltRow {
    MeltState state = MeltState::quoting;
    MeltQuestion question = MeltQuestion::quote;
    bool refused = false; ///< the answer to the latest post was a clear no
    int attempts = 0;     ///< posts
    int failures = 0;     ///< in a row, for the back-off
    int empty_restores = 0;
    std::optional<UnixTime> expires_at{}; ///< of the quote: later nothing is executed any more
    UnixTime created_at{};
    UnixTime due_at{};
};

enum class MeltVerdict {
    go_on,
    paid,   ///< inputs spent; store the change that came
    failed, ///< inputs free; whoever wants to pay may try again
};

struct MeltRuling {
    MeltRow row;
    MeltVerdict verdict = MeltVerdict::go_on;
};

[[nodiscard]] MeltStep next_step(const MeltRow& row, UnixTime now);

/// No quote came. Nothing is at stake yet, so after some minutes it ends.
[[nodiscard]] MeltRuling judge_missing_quote(MeltRow row, UnixTime now);
/// Inputs and blank outputs are written.
[[nodiscard]] MeltRow on_prepared(MeltRow row, std::optional<UnixTime> expires_at, UnixTime now);
/// The melt is about to be handed to the network; stored before the first byte leaves.
[[nodiscard]] MeltRow on_post(MeltRow row, UnixTime now);

/// `paid` leads to `restoring`; whoever has the change in hand already ends it by judge_change().
[[nodiscard]] MeltRuling judge_melt(MeltRow row, MeltAnswer answer, UnixTime now);
[[nodiscard]] MeltRuling judge_quote(MeltRow row, MeltAnswer answer, UnixTime now);
[[nodiscard]] MeltRuling judge_melt_inputs(MeltRow row, InputStates states, UnixTime now);

enum class ChangeFound { failed, none, some };
/// `due`: whether the mint must owe us some. Fewer signatures than blanks are the normal case.
[[nodiscard]] MeltRuling judge_change(MeltRow row, ChangeFound found, bool due, UnixTime now);

} // namespace berth::cashu
