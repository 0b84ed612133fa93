#pragma once
// The saga of one swap as a pure function of its row: what to ask the mint next, and what each answer proves. No I/O,
// no SQL, no clock. Start-up calls the same next_step() on every open row, so recovery is the normal path.
//
//   prepared ──► sent ──┬─ good signatures ───────────────────────► done       proofs stored
//      ▲   (saved first)└─ anything else, no answer, a restart ──► checking
//      │                                                            │ inputs (NUT-07)
//      ├──── all unspent: the same bytes again, or new outputs ◄────┤
//      │     (keyset rotated; counter behind, after a scan)         ├─ all unspent after a clear no ────► rejected
//      │                                                            ├─ partly spent by another ─────────► rejected
//      │                                                            ├─ pending: ask again, for ever
//      │                                                            └─ all spent: outputs (NUT-09)
//      │                                                                 ├─ all restored ──────────────► done
//      └── no question is ever given up without one of these proofs      └─ none, 5 times over 2 min ──► rejected

#include "util/time.h"

#include <optional>

namespace berth::cashu {

enum class RedeemState { prepared, sent, checking, done, rejected };

/// What a row in `checking` wants to know.
enum class RedeemQuestion {
    inputs,  ///< NUT-07: are the inputs spent?
    outputs, ///< NUT-09: did the mint sign our outputs?
    counter, ///< a scan of the keyset's counters is running; then new outputs
};

/// What the mint said to the swap, as far as it can matter. No code alone decides what happened to money: deployed
/// mints use 11001 to 11008 with contradictory meanings.
enum class SwapAnswer {
    none,
    signatures,     ///< complete and valid
    bad_signatures, ///< 200, but not what was asked for
    rejected,       ///< 400 with an integer code and a text: a clear no, if it is the first answer ever
    outputs_signed, ///< 400 with a code that may mean "outputs already signed"
    keyset_retired, ///< 400 with 12002 or 12003
    ambiguous,      ///< everything else
};

/// What NUT-07 says of all inputs together.
enum class InputStates { unknown, unspent, pending, spent, mixed };

/// What NUT-09 gave back for the outputs of one operation.
enum class RestoreAnswer { failed, all, some, none };

enum class RedeemStep { wait, post_swap, check_inputs, restore_outputs, scan_counter, nothing };

/// What the owner of the row must do besides storing it.
enum class RedeemVerdict {
    go_on,
    done,         ///< store the proofs, credit
    refused,      ///< the mint's no with the inputs unspent; the payer keeps the token
    gave_up,      ///< past the deadline with the inputs unspent; the payer keeps the token, the outputs are watched
    double_spent, ///< spent by somebody else
    renew,        ///< supersede the outputs with new ones, on a fresh keyset or counter
    scan,         ///< the counter is behind: stop outputs of this keyset, scan it, then renew
    quarantine,   ///< inputs spent but the signatures are incomplete: alarm, keep what verifies, no credit
};

/// The columns that decide.
struct RedeemRow {
    RedeemState state = RedeemState::prepared;
    RedeemQuestion question = RedeemQuestion::inputs;
    SwapAnswer answer = SwapAnswer::none; ///< to the latest post
    int attempts = 0;                     ///< posts of the present outputs
    int renewals = 0;                     ///< how often outputs were superseded
    int failures = 0;                     ///< in a row, for the back-off
    int restores_empty = 0;
    std::optional<UnixTime> first_empty_at;
    bool witness_is_ours = false; ///< NUT-07 showed the very witness that we made: we are the spender
    UnixTime created_at;
    UnixTime due_at;
};

struct RedeemRuling {
    RedeemRow row;
    RedeemVerdict verdict = RedeemVerdict::go_on;
};

struct RedeemLimits {
    std::chrono::milliseconds deadline{std::chrono::minutes{10}}; ///< then an unspent token goes back to its payer
    int renewals_max = 3;
    int restores_empty_min = 5;
    std::chrono::milliseconds restores_empty_span{std::chrono::minutes{2}};
    int restores_empty_after_no_min = 2; ///< when the mint's first answer was a clear no
    std::chrono::milliseconds restores_empty_after_no_span{std::chrono::seconds{1}};
};

[[nodiscard]] RedeemStep next_step(const RedeemRow& row, UnixTime now);

/// 1 s, 2 s, 4 s … 5 min, then 10 min for ever.
[[nodiscard]] std::chrono::milliseconds redeem_back_off(int failures);

/// The swap is about to be handed to the network; stored before the first byte leaves.
[[nodiscard]] RedeemRow on_post(RedeemRow row, UnixTime now);
[[nodiscard]] RedeemRuling judge_swap(RedeemRow row, SwapAnswer answer, UnixTime now);
[[nodiscard]] RedeemRuling judge_inputs(RedeemRow row, InputStates states, UnixTime now, const RedeemLimits& limits);
[[nodiscard]] RedeemRuling judge_restore(RedeemRow row, RestoreAnswer answer, UnixTime now, const RedeemLimits& limits);
/// `hits`: whether the mint had signed any output that this wallet did not know.
[[nodiscard]] RedeemRuling judge_scan(RedeemRow row, bool hits);
/// A row whose outputs were replaced.
[[nodiscard]] RedeemRow on_renewed(RedeemRow row, UnixTime now);

/// Which answer an HTTP status and a decoded error body give; `code` and `has_detail` as the body had them (NUT-00).
[[nodiscard]] SwapAnswer classify_refusal(int http_status, std::optional<int64_t> code, bool has_detail);

} // namespace berth::cashu
