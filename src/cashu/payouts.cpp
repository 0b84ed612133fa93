#include "cashu/payouts.h"

#include "cashu/wallet_rows.h"
#include "util/log.h"

#include <algorithm>

namespace berth::cashu {

using namespace std::chrono_literals;

namespace {

constexpr auto kRetry = 60s;

struct Selection {
    std::vector<StoredInput> inputs;
    Amount gross = 0;
    Amount fee = 0;
};

} // namespace

std::string make_token_text(const std::string& mint, Unit unit, const std::vector<StoredProof>& proofs)
{
    Token token{.mint = mint, .unit = std::string{name_of(unit)}, .memo = std::nullopt, .proofs = {}};
    for (const StoredProof& stored : proofs)
        token.proofs.push_back(stored.proof);
    return encode_token(token);
}

std::vector<StoredProof> select_exact(const std::vector<StoredProof>& ascending, Amount amount)
{
    std::vector<StoredProof> chosen;
    for (auto proof = ascending.rbegin(); proof != ascending.rend() && amount > 0; ++proof)
        if (proof->proof.amount <= amount) {
            amount -= proof->proof.amount;
            chosen.push_back(*proof);
        }
    if (amount != 0)
        chosen.clear();
    return chosen;
}

std::vector<StoredProof> select_covering(const std::vector<StoredProof>& ascending, Amount amount)
{
    std::vector<StoredProof> kept;
    Amount rest = 0;
    for (const StoredProof& proof : ascending)
        rest += proof.proof.amount;
    for (const StoredProof& proof : ascending) {
        if (rest >= amount && rest - amount >= proof.proof.amount)
            rest -= proof.proof.amount;
        else
            kept.push_back(proof);
    }
    if (rest < amount)
        kept.clear();
    return kept;
}

Payouts::Payouts(db::Database& database, WalletStore& store, KeysetBook& book, SwapDriver& driver, bool operator_only,
                 std::function<void(const std::string& key, const std::string& token)> on_token)
    : database_{database}, store_{store}, book_{book}, driver_{driver},
      operator_only_{operator_only}, on_token_{std::move(on_token)}
{
}

void Payouts::request(const std::string& key, const std::string& mint, Unit unit, Amount amount, UnixTime now)
{
    if (amount == 0 || store_.payout(key))
        return;
    PayoutRow payout{.key = key,
                     .mint = mint,
                     .unit = unit,
                     .amount = amount,
                     .redemption = std::nullopt,
                     .token = {},
                     .due_at = now};
    const auto added = store_.add_payout(payout);
    if (!added) {
        // The owner's transaction can't commit either, so it asks again with the same key.
        log::error("payout {} could not be stored: {}", key, added.error().message);
        return;
    }
    try_now(std::move(payout), now);
}

void Payouts::tick(UnixTime now)
{
    // The disk was full when their swap ended; its proofs are set aside for them.
    for (const std::string& key : store_.unfinished_payouts())
        on_settled(*store_.redemption(store_.payout(key)->redemption.value()), now);
    for (const std::string& key : store_.due_payouts(now)) {
        if (operator_only_ && !key.starts_with(kSendKeyPrefix))
            continue;
        const std::string before = store_.payout(key)->token;
        try_now(*store_.payout(key), now);
        const auto after = store_.payout(key);
        if (before.empty() && !after->token.empty() && on_token_)
            on_token_(key, after->token);
    }
}

void Payouts::try_now(PayoutRow payout, UnixTime now)
{
    PayoutRow begun = payout;
    const auto done = rows::in_savepoint(database_, [&] { return attempt(begun, now); });
    if (done) {
        if (begun.redemption)
            driver_.drive(*begun.redemption, now);
        return;
    }
    log::warn("payout {} waits: {}", payout.key, done.error().message);
    payout.due_at = now + kRetry;
    const auto stored = store_.put_payout(payout);
    if (!stored)
        log::error("payout {} could not be stored: {}", payout.key, stored.error().message);
}

Result<void> Payouts::attempt(PayoutRow& payout, UnixTime now)
{
    const std::vector<StoredProof> held = store_.unspent_proofs(payout.mint, payout.unit);
    const std::vector<StoredProof> exact = select_exact(held, payout.amount);
    if (!exact.empty())
        return hand_out_held(payout, exact, now);
    Selection selection;
    std::vector<uint64_t> fees;
    for (auto proof = held.rbegin(); proof != held.rend(); ++proof) {
        const auto keyset = book_.find(proof->proof.keyset_id);
        fees.push_back(keyset ? keyset->input_fee_ppk : 0);
        selection.inputs.push_back({proof->y, proof->proof});
        selection.gross = TRY(add(selection.gross, proof->proof.amount));
        selection.fee = TRY(input_fee(fees));
        if (selection.gross >= selection.fee && selection.gross - selection.fee >= payout.amount)
            break;
    }
    const bool can_split = selection.gross >= selection.fee && selection.gross - selection.fee >= payout.amount;
    if (!can_split) {
        // Where only the fee for splitting is missing, what is there goes whole: that costs less than the fee would.
        const auto covering = select_covering(held, payout.amount);
        if (!covering.empty() && !payout.key.starts_with(kSendKeyPrefix))
            return hand_out_held(payout, covering, now);
        return fail(Errc::unavailable, "{} held at {}, {} wanted", selection.gross, payout.mint, payout.amount);
    }
    payout.redemption = TRY(driver_.begin({.kind = SwapKind::payout,
                                           .mint = payout.mint,
                                           .unit = payout.unit,
                                           .inputs = selection.inputs,
                                           .gross = selection.gross,
                                           .fee = selection.fee,
                                           .to_send = payout.amount,
                                           .payout_key = payout.key},
                                          now));
    return store_.put_payout(payout);
}

Result<void> Payouts::hand_out_held(PayoutRow& payout, const std::vector<StoredProof>& proofs, UnixTime now)
{
    payout.amount = 0;
    for (const StoredProof& proof : proofs) {
        TRY(store_.set_proof_state(proof.y, HoldingState::sent, proof.owner));
        payout.amount = TRY(add(payout.amount, proof.proof.amount));
    }
    LedgerDraft draft{
        {.at = now, .movement = Movement::payout, .mint = payout.mint, .unit = payout.unit, .name = payout.key}};
    TRY(store_.ledger().post(draft.take(Account::unspent, payout.amount).add(Account::payees, payout.amount)));
    return hand_out(payout, proofs);
}

Result<void> Payouts::hand_out(PayoutRow& payout, const std::vector<StoredProof>& proofs)
{
    payout.token = make_token_text(payout.mint, payout.unit, proofs);
    return store_.put_payout(payout);
}

void Payouts::on_settled(const RedemptionRow& row, UnixTime now)
{
    auto payout = store_.payout(row.payout_key);
    if (!payout || payout->redemption != std::optional{row.id})
        return;
    const auto stored = rows::in_savepoint(database_, [&]() -> Result<void> {
        if (row.saga.state == RedeemState::done) {
            // Its change is free now, which others may have waited for.
            TRY(store_.hurry_payouts(row.mint, row.unit, now));
            return hand_out(*payout, store_.proofs_of(row.id, HoldingState::sent));
        }
        payout->redemption.reset();
        payout->due_at = now + kRetry;
        return store_.put_payout(*payout);
    });
    if (!stored)
        log::error("payout {} could not be stored: {}", row.payout_key, stored.error().message);
    else if (!payout->token.empty() && on_token_)
        on_token_(payout->key, payout->token);
}

} // namespace berth::cashu
