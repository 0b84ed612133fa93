// The part of SwapDriver that keeps the books of what an operation moves, and knows whose operation it is.

#include "cashu/swap_driver.h"

namespace berth::cashu {

namespace {

LedgerDraft draft_of(const RedemptionRow& row, Movement movement, UnixTime now)
{
    return LedgerDraft{{.at = now,
                        .movement = movement,
                        .mint = row.mint,
                        .unit = row.unit,
                        .operation = row.id,
                        .name = row.payout_key}};
}

} // namespace

bool SwapDriver::is_ours(const RedemptionRow& row) const
{
    if (!operator_only_ || row.kind == SwapKind::deposit || row.kind == SwapKind::rotation)
        return true;
    return row.kind == SwapKind::payout && row.payout_key.starts_with(kSendKeyPrefix);
}

Result<void> SwapDriver::book_begin(const RedemptionRow& row, UnixTime now)
{
    if (takes_tokens(row.kind)) {
        // Nothing is ours yet, but what could not be booked later must not be begun.
        LedgerDraft trial = draft_of(row, Movement::receive, now);
        trial.add(Account::reserved, row.gross);
        return trial.overflows() ? fail(Errc::bad_input, "more than the books can hold") : Result<void>{};
    }
    const Movement movement = row.kind == SwapKind::rotation ? Movement::rotation_begun : Movement::payout_begun;
    return store_.ledger().post(
        draft_of(row, movement, now).take(Account::unspent, row.gross).add(Account::spending, row.gross));
}

Result<void> SwapDriver::book_done(const RedemptionRow& row, UnixTime now)
{
    Amount handed_out = 0;
    Amount kept = 0;
    for (const StoredOutput& output : store_.outputs(row.outputs_id))
        (output.to_send ? handed_out : kept) += output.amount;
    const Movement movement = row.kind == SwapKind::receive   ? Movement::receive
                              : row.kind == SwapKind::deposit ? Movement::deposit
                              : row.kind == SwapKind::payout  ? Movement::payout
                                                              : Movement::rotation;
    const Account source = takes_tokens(row.kind) ? Account::customers : Account::spending;
    const Account kept_in = row.kind == SwapKind::receive ? Account::reserved : Account::unspent;
    LedgerDraft draft = draft_of(row, movement, now);
    draft.take(source, row.gross).add(kept_in, kept).add(Account::payees, handed_out);
    return store_.ledger().post(draft.balance_with(Account::mint_fees));
}

Result<void> SwapDriver::book_undone(const RedemptionRow& row, UnixTime now)
{
    Amount lost = 0;
    for (const StoredProof& proof : store_.proofs_of(row.id, HoldingState::spent))
        lost += proof.proof.amount;
    const Movement movement = row.kind == SwapKind::rotation ? Movement::rotation_undone : Movement::payout_undone;
    LedgerDraft draft = draft_of(row, movement, now);
    draft.take(Account::spending, row.gross).add(Account::lost, lost);
    return store_.ledger().post(draft.balance_with(Account::unspent));
}

} // namespace berth::cashu
