// The part of SwapDriver that takes the mint's answers and stores what they prove.

#include "cashu/bdhke.h"
#include "cashu/swap_driver.h"
#include "cashu/wallet_rows.h"
#include "util/log.h"

#include <algorithm>

namespace berth::cashu {

using namespace std::chrono_literals;

namespace {

constexpr auto kStall = 5s;
constexpr auto kWatchOften = std::chrono::hours{1};
constexpr auto kWatchSeldom = std::chrono::hours{24};

TokenRefusal refusal_for(RedeemVerdict verdict, const std::string& mint_said)
{
    switch (verdict) {
    case RedeemVerdict::double_spent:
        return {TokenFault::already_spent, "the token was spent already"};
    case RedeemVerdict::gave_up:
        return {TokenFault::mint_unavailable, "the mint did not take the token in time; it is still unspent"};
    default:
        return {TokenFault::mint_refused, fmt::format("the mint refused the token ({}); it is unspent", mint_said)};
    }
}

/// Whether a witness that the mint shows is one of those that we sent (NUT-07): then we are the spender.
bool shows_our_witness(const RedemptionRow& row, const std::vector<ProofStateOf>& states)
{
    const auto sent = decode_swap_request(row.request_body);
    if (!sent)
        return false;
    for (const Proof& input : sent->inputs)
        for (const ProofStateOf& state : states)
            if (input.witness && state.witness == input.witness &&
                state.Y == hash_to_curve(std::string_view{input.secret}))
                return true;
    return false;
}

} // namespace

RedeemLimits SwapDriver::limits_of(const RedemptionRow& row) const
{
    RedeemLimits limits = limits_;
    if (!takes_tokens(row.kind))
        limits.deadline = std::chrono::hours{24 * 365 * 100}; // nobody waits for an answer but ourselves
    return limits;
}

bool SwapDriver::step(const std::function<Result<void>()>& change)
{
    const Result<void> done = rows::in_savepoint(database_, change);
    if (done)
        return true;
    log::error("the wallet could not store a step: {}", done.error().message);
    stalled_until_ = clock_() + kStall;
    return false;
}

std::optional<RedemptionRow> SwapDriver::take_answered(RedemptionId id, uint64_t mark)
{
    return in_flight_.end(id, mark) ? store_.redemption(id) : std::nullopt;
}

void SwapDriver::on_swap(RedemptionId id, uint64_t mark, const SwapReply& reply)
{
    auto row = take_answered(id, mark);
    if (!row || row->saga.state != RedeemState::sent)
        return;
    const UnixTime now = clock_();
    const auto outputs = store_.outputs(row->outputs_id);
    SwapAnswer answer = reply.answer;
    std::vector<Proof> proofs;
    row->last_error = reply.detail;
    if (answer == SwapAnswer::signatures) {
        const auto keyset = book_.find(outputs.front().keyset);
        auto made = keyset ? make_proofs(outputs, reply.signatures, *keyset)
                           : Result<std::vector<Proof>>{fail(Errc::corrupt, "the keyset is gone")};
        if (made) {
            proofs = std::move(made).value();
        } else {
            answer = SwapAnswer::bad_signatures;
            row->last_error = made.error().message;
        }
    }
    // The mint may have been replaced, or have changed its fee: its list of keysets tells.
    const bool fee_may_be_old = answer == SwapAnswer::rejected && book_.is_stale(row->mint, now);
    if (reply.code == mint_error::kKeysetUnknown || fee_may_be_old)
        book_.refresh(row->mint, now);
    const RedeemRuling ruling = judge_swap(row->saga, answer, now);
    const bool stored = step([&]() -> Result<void> {
        if (answer == SwapAnswer::signatures)
            TRY(store_proofs(*row, outputs, proofs, HoldingState::unspent));
        if (answer == SwapAnswer::bad_signatures)
            TRY(store_.keep_raw_answer(id, reply.raw.empty() ? encode_signatures(reply.signatures) : reply.raw));
        return apply(*row, ruling, now);
    });
    if (stored && row->saga.state == RedeemState::done)
        events_.on_settled(*row);
    drive_due(now);
}

void SwapDriver::on_states(RedemptionId id, uint64_t mark, const Result<std::vector<ProofStateOf>>& reply)
{
    auto row = take_answered(id, mark);
    if (!row || row->saga.state != RedeemState::checking || row->saga.question != RedeemQuestion::inputs)
        return;
    const UnixTime now = clock_();
    const InputStates states = reply ? summarise(store_.inputs(id), *reply) : InputStates::unknown;
    if (states == InputStates::spent)
        row->saga.witness_is_ours = shows_our_witness(*row, *reply);
    const RedeemRuling ruling = judge_inputs(row->saga, states, now, limits_of(*row));
    const bool stored = step([&]() -> Result<void> {
        if (states == InputStates::mixed && !takes_tokens(row->kind))
            TRY(settle_partly_spent_payout(*row, *reply));
        return apply(*row, ruling, now);
    });
    if (stored && row->saga.state == RedeemState::rejected)
        events_.on_settled(*row);
    drive_due(now);
}

Result<void> SwapDriver::settle_partly_spent_payout(const RedemptionRow& row, const std::vector<ProofStateOf>& states)
{
    log::error("mint {} says that proofs of ours are spent which we did not spend", row.mint);
    for (const StoredInput& input : store_.inputs(row.id)) {
        const bool spent = std::any_of(states.begin(), states.end(), [&input](const ProofStateOf& state) {
            return state.Y == input.y && state.state == ProofState::spent;
        });
        TRY(store_.set_proof_state(input.y, spent ? HoldingState::spent : HoldingState::unspent, row.id));
    }
    return {};
}

SwapDriver::Restored SwapDriver::read_restored(const RedemptionRow& row, const Result<RestoreReply>& reply)
{
    Restored best;
    if (!reply)
        return best;
    best.answer = RestoreAnswer::none;
    std::map<int64_t, Restored> sets;
    for (StoredOutput& output : store_.recovery_outputs(row.inputs_hash)) {
        Restored& set = sets[output.outputs_id];
        set.outputs_id = output.outputs_id;
        set.outputs.push_back(std::move(output));
    }
    for (auto& [outputs_id, set] : sets) {
        bool any = false;
        std::vector<StoredOutput> good;
        for (const StoredOutput& output : set.outputs)
            for (size_t i = 0; i < reply->outputs.size(); ++i) {
                if (reply->outputs[i].B_ != output.B_)
                    continue;
                any = true;
                const auto keyset = book_.find(output.keyset);
                auto proof = keyset ? make_proof(output, reply->signatures[i], *keyset)
                                    : Result<Proof>{fail(Errc::corrupt, "the keyset is gone")};
                if (proof && proof->amount == output.amount) {
                    set.proofs.push_back(std::move(proof).value());
                    good.push_back(output);
                }
                break;
            }
        if (!any)
            continue;
        const bool complete = good.size() == set.outputs.size();
        set.answer = complete ? RestoreAnswer::all : RestoreAnswer::some;
        set.outputs = std::move(good);
        if (complete || best.answer == RestoreAnswer::none)
            best = std::move(set);
        if (complete)
            break;
    }
    return best;
}

void SwapDriver::on_restored(RedemptionId id, uint64_t mark, const Result<RestoreReply>& reply)
{
    auto row = take_answered(id, mark);
    if (!row || row->saga.state != RedeemState::checking || row->saga.question != RedeemQuestion::outputs)
        return;
    const UnixTime now = clock_();
    const Restored restored = read_restored(*row, reply);
    const RedeemRuling ruling = judge_restore(row->saga, restored.answer, now, limits_of(*row));
    const bool stored = step([&]() -> Result<void> {
        if (restored.answer == RestoreAnswer::all) {
            row->outputs_id = restored.outputs_id;
            TRY(store_proofs(*row, restored.outputs, restored.proofs, HoldingState::unspent));
        } else if (restored.answer == RestoreAnswer::some) {
            TRY(store_proofs(*row, restored.outputs, restored.proofs, HoldingState::quarantine));
        }
        return apply(*row, ruling, now);
    });
    const bool ended = row->saga.state == RedeemState::done || row->saga.state == RedeemState::rejected;
    if (stored && ended)
        events_.on_settled(*row);
    drive_due(now);
}

void SwapDriver::on_watched(RedemptionId id, uint64_t mark, const Result<RestoreReply>& reply)
{
    auto row = take_answered(id, mark);
    if (!row || !row->watch_at)
        return;
    const UnixTime now = clock_();
    const Restored restored = read_restored(*row, reply);
    // A later operation with the same inputs asks for these outputs too, and credits them itself. If it was refused, it
    // watches from now on: its sender has heard of it last.
    auto latest = row;
    if (const auto last = store_.find_by_inputs(row->inputs_hash); last && *last != id)
        latest = store_.redemption(*last);
    const bool superseded = latest->id != id;
    const bool hand_over = superseded && latest->saga.state == RedeemState::rejected && !latest->watch_at;
    const bool late = restored.answer == RestoreAnswer::all && !superseded;
    const UnixTime again = now + (now - row->saga.created_at < kWatchSeldom ? kWatchOften : kWatchSeldom);
    row->watch_at = again;
    if (late || (superseded && latest->saga.state >= RedeemState::done))
        row->watch_at.reset();
    const bool stored = step([&]() -> Result<void> {
        if (hand_over) {
            latest->watch_at = now;
            TRY(store_.put_redemption(*latest));
        }
        return late ? keep_late(*row, restored, now) : store_.put_redemption(*row);
    });
    if (stored && late)
        events_.on_settled(*row);
}

Result<void> SwapDriver::keep_late(RedemptionRow& row, const Restored& restored, UnixTime now)
{
    log::error("mint {} executed operation {} after it was given up; its proofs are kept", row.mint, row.id);
    TRY(store_.claim_again(row.id));
    row.outputs_id = restored.outputs_id;
    row.saga.state = RedeemState::done;
    TRY(store_proofs(row, restored.outputs, restored.proofs, HoldingState::unspent));
    return apply_end(row, RedeemVerdict::done, now);
}

Result<void> SwapDriver::store_proofs(const RedemptionRow& row, const std::vector<StoredOutput>& outputs,
                                      const std::vector<Proof>& proofs, HoldingState state)
{
    for (size_t i = 0; i < proofs.size(); ++i) {
        StoredProof stored{.y = hash_to_curve(std::string_view{proofs[i].secret}),
                           .mint = row.mint,
                           .unit = row.unit,
                           .proof = proofs[i],
                           .state = state,
                           .owner = row.id};
        if (state == HoldingState::unspent) {
            if (row.kind == SwapKind::receive)
                stored.state = HoldingState::reserved;
            else if (outputs[i].to_send)
                stored.state = HoldingState::sent;
        }
        TRY(store_.add_proof(stored));
    }
    return {};
}

Result<void> SwapDriver::apply(RedemptionRow& row, const RedeemRuling& ruling, UnixTime now)
{
    row.saga = ruling.row;
    switch (ruling.verdict) {
    case RedeemVerdict::go_on:
        return store_.put_redemption(row);
    case RedeemVerdict::renew:
        return renew(row, now);
    case RedeemVerdict::quarantine:
        log::error("mint {} gave bad or missing signatures for operation {}: {}", row.mint, row.id, row.last_error);
        TRY(store_.set_mint_fault(row.mint, WalletStore::MintFault::signatures, "bad or missing signatures"));
        return store_.put_redemption(row);
    case RedeemVerdict::scan:
        log::error("mint {} has signed outputs that this wallet does not know; scanning", row.mint);
        TRY(store_.set_outputs_state(row.outputs_id, OutputsState::burnt));
        return start_scan(row, now);
    case RedeemVerdict::done:
    case RedeemVerdict::refused:
    case RedeemVerdict::gave_up:
    case RedeemVerdict::double_spent:
        return apply_end(row, ruling.verdict, now);
    }
    return {};
}

Result<void> SwapDriver::start_scan(const RedemptionRow& row, UnixTime now)
{
    RedemptionRow waiting = row;
    waiting.saga.due_at = now + std::chrono::hours{1};
    TRY(store_.put_redemption(waiting));
    const auto outputs = store_.outputs(row.outputs_id);
    if (store_.scan(outputs.front().keyset))
        return {};
    return store_.put_scan({.keyset = outputs.front().keyset, .mint = row.mint, .due_at = now});
}

Result<void> SwapDriver::apply_end(RedemptionRow& row, RedeemVerdict verdict, UnixTime now)
{
    const bool own_inputs = !takes_tokens(row.kind);
    if (verdict == RedeemVerdict::done) {
        TRY(store_.set_outputs_state(row.outputs_id, OutputsState::won));
        Amount received = 0;
        for (const StoredOutput& output : store_.outputs(row.outputs_id))
            received += output.amount;
        row.fee = row.gross - received;
        TRY(store_.set_mint_fault(row.mint, WalletStore::MintFault::signatures, ""));
        if (own_inputs)
            TRY(store_.move_proofs(row.id, HoldingState::spending, HoldingState::spent));
        TRY(book_done(row, now));
        return store_.put_redemption(row);
    }
    row.refusal = refusal_for(verdict, row.last_error);
    // An earlier post may still arrive, with these outputs or with superseded ones. Proofs of our own are free again,
    // and whatever takes them is seen.
    const bool was_last_of_several = row.saga.renewals > 0 || row.saga.attempts > 1;
    if (!own_inputs &&
        (verdict == RedeemVerdict::gave_up || (verdict == RedeemVerdict::refused && was_last_of_several)))
        row.watch_at = now + kWatchOften;
    // Bad signatures for inputs that it never took were not this mint's, but of something in front of it. Where inputs
    // were taken, whoever waits for their signatures says so again.
    if (verdict == RedeemVerdict::gave_up)
        TRY(store_.set_mint_fault(row.mint, WalletStore::MintFault::signatures, ""));
    const bool inputs_free = verdict != RedeemVerdict::double_spent;
    if (inputs_free)
        TRY(store_.release_claims(row.id));
    if (own_inputs) {
        TRY(store_.move_proofs(row.id, HoldingState::spending,
                               inputs_free ? HoldingState::unspent : HoldingState::spent));
        TRY(book_undone(row, now));
    }
    return store_.put_redemption(row);
}

} // namespace berth::cashu
