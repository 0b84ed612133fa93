// The part of Melts that takes the mint's answers and stores what they prove.

#include "cashu/bdhke.h"
#include "cashu/melts.h"
#include "cashu/wallet_rows.h"
#include "crypto/hash.h"
#include "util/hex.h"
#include "util/log.h"
#include "util/utf8.h"

#include <algorithm>

namespace berth::cashu {

namespace {

constexpr size_t kProblemCharactersMax = 200;

/// Some show zeros of a payment that is under way.
bool is_preimage_of(const std::optional<std::string>& text, const Bytes32& payment_hash)
{
    if (!text)
        return false;
    const auto preimage = decode_hex_array<32>(*text, HexCase::any);
    return preimage && crypto::sha256(*preimage) == payment_hash;
}

MeltAnswer answer_of(const MeltReply& reply, const Bytes32& payment_hash)
{
    if (!reply.quote)
        return reply.refused ? MeltAnswer::refused : MeltAnswer::ambiguous;
    // Whoever has the preimage was paid, whatever the state says.
    if (reply.quote->state == QuoteState::paid || is_preimage_of(reply.quote->payment_preimage, payment_hash))
        return MeltAnswer::paid;
    return reply.quote->state == QuoteState::pending ? MeltAnswer::pending : MeltAnswer::unpaid;
}

} // namespace

void Melts::on_quote(const std::string& key, uint64_t mark, const MeltReply& reply)
{
    auto row = take_answered(key, mark);
    if (!row || row->saga.state != MeltState::quoting)
        return;
    const UnixTime now = clock_();
    if (!reply.quote && !reply.refused) {
        row->problem = printable(reply.detail, kProblemCharactersMax);
        const MeltRuling ruling = judge_missing_quote(row->saga, now);
        (void)step([&] { return apply(*row, ruling, {}); });
        return;
    }
    const auto prepared = rows::in_savepoint(database_, [&]() -> Result<void> {
        if (!reply.quote)
            return fail(Errc::refused, "the mint gives no quote ({})", reply.detail);
        return prepare(*row, *reply.quote, now);
    });
    if (prepared)
        return tick(now);
    // Nothing was set aside: the savepoint took it back.
    row = store_.melt(key);
    row->problem = printable(prepared.error().message, kProblemCharactersMax);
    MeltRuling ruling = judge_missing_quote(row->saga, now);
    if (prepared.error().code == Errc::refused || prepared.error().code == Errc::bad_input) {
        ruling.row.state = MeltState::failed;
        ruling.verdict = MeltVerdict::failed;
    }
    (void)step([&] { return apply(*row, ruling, {}); });
}

void Melts::on_melt(const std::string& key, uint64_t mark, const MeltReply& reply, MeltState asked_in)
{
    auto row = take_answered(key, mark);
    const bool expected = row && (row->saga.state == asked_in || row->saga.state == MeltState::sent);
    if (!expected)
        return;
    const UnixTime now = clock_();
    const MeltAnswer answer = answer_of(reply, row->payment_hash);
    if (!reply.detail.empty())
        row->problem = printable(reply.detail, kProblemCharactersMax);
    MeltRuling ruling =
        asked_in == MeltState::sent ? judge_melt(row->saga, answer, now) : judge_quote(row->saga, answer, now);
    std::vector<Proof> change;
    if (answer == MeltAnswer::paid) {
        row->preimage = printable(reply.quote->payment_preimage.value_or(""), 128);
        row->problem.clear();
        // Without a single one it is asked for (NUT-09): an older answer may have carried it.
        if (auto found = read_change(*row, reply.quote->change); found && !found->empty()) {
            change = std::move(*found);
            ruling = judge_change(ruling.row, ChangeFound::some, true, now);
        }
    }
    (void)step([&] { return apply(*row, ruling, change); });
    tick(now);
}

void Melts::on_states(const std::string& key, uint64_t mark, const Result<std::vector<ProofStateOf>>& reply)
{
    auto row = take_answered(key, mark);
    if (!row || row->saga.state != MeltState::checking || row->saga.question != MeltQuestion::inputs)
        return;
    const UnixTime now = clock_();
    const InputStates states = reply ? summarise(store_.inputs(row->redemption), *reply) : InputStates::unknown;
    if (states == InputStates::spent || states == InputStates::mixed)
        log::error("mint {} calls a payment unpaid whose proofs it took; asking again", row->mint);
    const MeltRuling ruling = judge_melt_inputs(row->saga, states, now);
    (void)step([&] { return apply(*row, ruling, {}); });
    tick(now);
}

void Melts::on_restored(const std::string& key, uint64_t mark, const Result<RestoreReply>& reply)
{
    auto row = take_answered(key, mark);
    if (!row || row->saga.state != MeltState::restoring)
        return;
    const UnixTime now = clock_();
    const auto swap = store_.redemption(row->redemption);
    VERIFY(swap.has_value());
    std::vector<Proof> change;
    for (const StoredOutput& blank : reply ? store_.outputs(swap->outputs_id) : std::vector<StoredOutput>{})
        for (size_t i = 0; i < reply->outputs.size(); ++i) {
            if (reply->outputs[i].B_ != blank.B_)
                continue;
            const auto keyset = book_.find(blank.keyset);
            auto proof = keyset ? make_proof(blank, reply->signatures[i], *keyset)
                                : Result<Proof>{fail(Errc::corrupt, "the keyset is gone")};
            if (proof)
                change.push_back(std::move(proof).value());
            else
                log::error("mint {} gave change that does not hold: {}", row->mint, proof.error().message);
            break;
        }
    const ChangeFound found = !reply ? ChangeFound::failed : change.empty() ? ChangeFound::none : ChangeFound::some;
    const bool due = swap->gross - swap->fee > row->amount + row->fee_reserve;
    const MeltRuling ruling = judge_change(row->saga, found, due, now);
    (void)step([&] { return apply(*row, ruling, change); });
    tick(now);
}

std::optional<std::vector<Proof>> Melts::read_change(const MeltPayment& row,
                                                     const std::vector<BlindSignature>& signatures)
{
    const auto swap = store_.redemption(row.redemption);
    VERIFY(swap.has_value());
    const auto blanks = store_.outputs(swap->outputs_id);
    if (signatures.size() > blanks.size())
        return std::nullopt;
    std::vector<Proof> change;
    for (size_t i = 0; i < signatures.size(); ++i) {
        const auto keyset = book_.find(blanks[i].keyset);
        auto proof = keyset ? make_proof(blanks[i], signatures[i], *keyset)
                            : Result<Proof>{fail(Errc::corrupt, "the keyset is gone")};
        if (!proof)
            return std::nullopt;
        change.push_back(std::move(proof).value());
    }
    return change;
}

Result<void> Melts::apply(MeltPayment& row, const MeltRuling& ruling, const std::vector<Proof>& change)
{
    row.saga = ruling.row;
    switch (ruling.verdict) {
    case MeltVerdict::go_on:
        return store_.put_melt(row);
    case MeltVerdict::paid:
        return store_paid(row, change);
    case MeltVerdict::failed:
        return store_failed(row);
    }
    return {};
}

Result<void> Melts::store_paid(MeltPayment& row, const std::vector<Proof>& change)
{
    auto swap = store_.redemption(row.redemption);
    VERIFY(swap.has_value());
    row.change = TRY(total(change));
    for (const Proof& proof : change)
        TRY(store_.add_proof({.y = hash_to_curve(std::string_view{proof.secret}),
                              .mint = row.mint,
                              .unit = row.unit,
                              .proof = proof,
                              .state = HoldingState::unspent,
                              .owner = swap->id}));
    TRY(store_.move_proofs(swap->id, HoldingState::spending, HoldingState::spent));
    TRY(store_.set_outputs_state(swap->outputs_id, OutputsState::won));
    swap->saga.state = RedeemState::done;
    TRY(store_.put_redemption(*swap));
    LedgerDraft draft{{.at = clock_(),
                       .movement = Movement::melt,
                       .mint = row.mint,
                       .unit = row.unit,
                       .operation = swap->id,
                       .name = row.key}};
    draft.take(Account::spending, swap->gross)
        .add(Account::unspent, row.change)
        .add(Account::lightning, row.amount)
        .add(Account::mint_fees, swap->fee)
        .balance_with(Account::lightning_fees);
    TRY(store_.ledger().post(draft));
    log::info("paid {} {} over Lightning from {}", row.amount, name_of(row.unit), row.mint);
    return store_.put_melt(row);
}

Result<void> Melts::store_failed(MeltPayment& row)
{
    log::warn("a Lightning payment of {} {} from {} failed: {}", row.amount, name_of(row.unit), row.mint, row.problem);
    auto swap = store_.redemption(row.redemption);
    if (!swap)
        return store_.put_melt(row);
    TRY(store_.move_proofs(swap->id, HoldingState::spending, HoldingState::unspent));
    swap->saga.state = RedeemState::rejected;
    TRY(store_.put_redemption(*swap));
    LedgerDraft draft{{.at = clock_(),
                       .movement = Movement::melt_undone,
                       .mint = row.mint,
                       .unit = row.unit,
                       .operation = swap->id,
                       .name = row.key}};
    TRY(store_.ledger().post(draft.take(Account::spending, swap->gross).add(Account::unspent, swap->gross)));
    return store_.put_melt(row);
}

} // namespace berth::cashu
