#pragma once
// What can go wrong at a fake mint.

namespace berth::test {

/// What goes wrong with one swap. Consumed in order, one per swap request.
enum class SwapFault {
    none,
    lose_request,      ///< never arrives: outcome_unknown, not executed
    lose_answer,       ///< executed, then outcome_unknown
    rate_limit,        ///< 429, not executed
    rate_limit_after,  ///< 429, executed
    bad_gateway_after, ///< 502, executed
    spent_after,       ///< 11001, executed
    refuse,            ///< 400 with code 50000, not executed
    pending,           ///< 400 with 11002, not executed
    swap_order,        ///< executed, first and last signature exchanged
    wrong_amount,      ///< executed, first signature claims another amount
    bad_dleq,          ///< executed, first DLEQ broken
    no_dleq,           ///< executed, without DLEQ
    one_short,         ///< executed, one signature missing
};

/// What goes wrong with one melt. Consumed in order, one per melt request.
enum class MeltFault {
    none,
    lose_request, ///< never arrives: outcome_unknown, not executed
    lose_answer,  ///< paid, then outcome_unknown
    refuse,       ///< 400 with code 50000, not executed
    stuck,        ///< PENDING until end_stuck_melts()
    no_change,    ///< paid; the change is in no answer but that to a restore
};

enum class RestoreMode { works, unsupported, partial, nothing };

} // namespace berth::test
