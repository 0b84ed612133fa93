#include "cashu/swap_driver.h"

#include "cashu/conditions.h"
#include "cashu/wallet_rows.h"
#include "util/log.h"

#include <algorithm>

namespace berth::cashu {

using namespace std::chrono_literals;

namespace {

/// Why no outputs of this keyset can be made for the plan, or nothing.
std::string why_unpayable(const SwapPlan& plan, const Keyset& keyset, uint64_t input_fee_ppk_max)
{
    if (takes_tokens(plan.kind) && keyset.input_fee_ppk > input_fee_ppk_max)
        return fmt::format("its new keyset asks {} ppk per proof", keyset.input_fee_ppk);
    if (plan.gross <= plan.fee || plan.gross - plan.fee < plan.to_send)
        return "its fee rose above the token's worth";
    for (const Amount amount : {plan.to_send, plan.gross - plan.fee - plan.to_send})
        if (const auto outputs = plan_outputs(keyset, amount, false); !outputs)
            return outputs.error().message;
    return {};
}

} // namespace

SwapDriver::SwapDriver(db::Database& database, WalletStore& store, MintClient& client, KeysetBook& book,
                       crypto::Random& random, crypto::Secret seed, crypto::Scalar lock_key,
                       const WalletOptions& options, Events events)
    : database_{database}, store_{store}, client_{client}, book_{book}, random_{random}, seed_{std::move(seed)},
      lock_key_{std::move(lock_key)}, clock_{options.clock}, limits_{.deadline = options.redemption_deadline},
      input_fee_ppk_max_{options.input_fee_ppk_max}, operator_only_{options.operator_only}, events_{std::move(events)}
{
}

Result<SwapDriver::Outputs> SwapDriver::prepare(const SwapPlan& plan, UnixTime now)
{
    const Keyset keyset = TRY(book_.output_keyset(plan.mint, plan.unit, now));
    const Amount net = plan.gross - plan.fee;
    std::vector<OutputPlan> plans = TRY(plan_outputs(keyset, plan.to_send, true));
    const std::vector<OutputPlan> kept = TRY(plan_outputs(keyset, net - plan.to_send, false));
    plans.insert(plans.end(), kept.begin(), kept.end());
    const uint64_t first = TRY(store_.take_counters(keyset.id, plans.size()));
    Outputs made;
    made.outputs = TRY(make_outputs(seed_, keyset.id, first, std::move(plans)));
    SwapRequest request{.inputs = {}, .outputs = messages_of(made.outputs)};
    for (const StoredInput& input : plan.inputs)
        request.inputs.push_back(input.proof);
    TRY(sign_inputs(request.inputs, request.outputs, lock_key_, random_));
    made.request_body = encode_swap_request(request);
    return made;
}

Result<void> SwapDriver::write(RedemptionRow& row, const Outputs& outputs)
{
    row.outputs_id = TRY(store_.add_outputs(row.id, outputs.outputs));
    row.request_body = outputs.request_body;
    return store_.put_redemption(row);
}

Result<RedemptionId> SwapDriver::begin_now(const SwapPlan& plan, UnixTime now)
{
    RedemptionRow row{.kind = plan.kind, .mint = plan.mint, .unit = plan.unit, .gross = plan.gross, .fee = plan.fee};
    row.payout_key = plan.payout_key;
    row.saga.created_at = now;
    row.saga.due_at = now;
    std::vector<crypto::Point> ys;
    for (const StoredInput& input : plan.inputs)
        ys.push_back(input.y);
    row.inputs_hash = hash_inputs(ys);
    row.id = TRY(store_.add_redemption(row));
    for (const crypto::Point& y : ys) {
        if (takes_tokens(plan.kind))
            TRY(store_.claim(y, row.id));
        else
            TRY(store_.set_proof_state(y, HoldingState::spending, row.id));
    }
    TRY(book_begin(row, now));
    TRY(store_.add_inputs(row.id, plan.inputs));
    const Outputs outputs = TRY(prepare(plan, now));
    TRY(write(row, outputs));
    return row.id;
}

Result<RedemptionId> SwapDriver::begin(SwapPlan plan, UnixTime now)
{
    RedemptionId id = 0;
    const auto written = rows::in_savepoint(database_, [&]() -> Result<void> {
        id = TRY(begin_now(plan, now));
        return {};
    });
    if (!written)
        return pass_on(written);
    in_flight_.forget(id); // left by a rolled-back operation that had this id
    return id;
}

void SwapDriver::drive_due(UnixTime now)
{
    if (now < stalled_until_)
        return;
    for (const RedemptionId id : store_.due_redemptions(now))
        drive(id, now);
    for (const RedemptionId id : store_.due_watches(now))
        watch(id, now);
}

std::optional<UnixTime> SwapDriver::next_due(UnixTime now) const
{
    std::optional<UnixTime> soonest = store_.next_due_after(now);
    for (const RedemptionId id : store_.due_redemptions(now)) {
        if (in_flight_.contains(id))
            continue;
        const auto row = store_.redemption(id);
        if (!is_ours(*row))
            continue;
        const auto call = row->saga.state == RedeemState::checking ? MintCall::read : MintCall::transaction;
        const UnixTime free = client_.free_at(row->mint, call, now);
        if (free <= now && !client_.may_send(row->mint, call, now))
            continue; // full: an answer makes room, and drives on
        soonest = std::min(soonest.value_or(free), free);
    }
    return soonest ? std::optional{std::max(*soonest, stalled_until_)} : std::nullopt;
}

void SwapDriver::drive(RedemptionId id, UnixTime now)
{
    if (in_flight_.contains(id))
        return;
    auto row = store_.redemption(id);
    if (!row || !is_ours(*row))
        return;
    const RedeemStep next = next_step(row->saga, now);
    const auto call = next == RedeemStep::post_swap ? MintCall::transaction : MintCall::read;
    if (!client_.may_send(row->mint, call, now))
        return;
    switch (next) {
    case RedeemStep::post_swap:
        return post(std::move(*row), now);
    case RedeemStep::check_inputs:
        return check_inputs(*row);
    case RedeemStep::restore_outputs:
        return restore_outputs(*row);
    case RedeemStep::scan_counter:
        // The scan calls on_scan_ended(); this only makes sure that there is one.
        (void)step([&] { return start_scan(*row, now); });
        return;
    case RedeemStep::wait:
    case RedeemStep::nothing:
        return;
    }
}

void SwapDriver::post(RedemptionRow row, UnixTime now)
{
    row.saga = on_post(row.saga, now);
    if (!step([&] { return store_.put_redemption(row); }))
        return; // what isn't written is not sent
    const RedemptionId id = row.id;
    const uint64_t mark = in_flight_.begin(id);
    client_.swap(row.mint, row.request_body, [this, id, mark](const SwapReply& reply) { on_swap(id, mark, reply); });
}

void SwapDriver::check_inputs(const RedemptionRow& row)
{
    std::vector<crypto::Point> ys;
    for (const StoredInput& input : store_.inputs(row.id))
        ys.push_back(input.y);
    const RedemptionId id = row.id;
    const uint64_t mark = in_flight_.begin(id);
    client_.check_state(
        row.mint, ys, [this, id, mark](const Result<std::vector<ProofStateOf>>& reply) { on_states(id, mark, reply); });
}

void SwapDriver::restore_outputs(const RedemptionRow& row)
{
    const RedemptionId id = row.id;
    const uint64_t mark = in_flight_.begin(id);
    client_.restore(row.mint, messages_of(store_.recovery_outputs(row.inputs_hash)),
                    [this, id, mark](const Result<RestoreReply>& reply) { on_restored(id, mark, reply); });
}

void SwapDriver::watch(RedemptionId id, UnixTime now)
{
    const auto row = store_.redemption(id);
    if (!row || !is_ours(*row) || in_flight_.contains(id) || !client_.may_send(row->mint, MintCall::read, now))
        return;
    const uint64_t mark = in_flight_.begin(id);
    client_.restore(row->mint, messages_of(store_.recovery_outputs(row->inputs_hash)),
                    [this, id, mark](const Result<RestoreReply>& reply) { on_watched(id, mark, reply); });
}

Result<void> SwapDriver::renew(RedemptionRow& row, UnixTime now)
{
    const auto old = store_.outputs(row.outputs_id);
    const auto fresh = book_.output_keyset(row.mint, row.unit, now);
    const bool retired = row.saga.answer == SwapAnswer::keyset_retired;
    const bool same_keyset = fresh && !old.empty() && fresh->id == old.front().keyset;
    if (!fresh || (retired && same_keyset)) {
        // What we know of the mint's keysets is older than its answer.
        book_.refresh(row.mint, now);
        row.saga.due_at = now + redeem_back_off(row.saga.failures++);
        return store_.put_redemption(row);
    }
    SwapPlan plan{.kind = row.kind,
                  .mint = row.mint,
                  .unit = row.unit,
                  .inputs = store_.inputs(row.id),
                  .gross = row.gross,
                  .payout_key = row.payout_key};
    // What the rows don't keep is needed to sign a blinded lock (NUT-28), but a signature is good for any outputs.
    if (const auto sent = decode_swap_request(row.request_body); sent && sent->inputs.size() == plan.inputs.size())
        for (size_t i = 0; i < plan.inputs.size(); ++i)
            plan.inputs[i].proof.witness = sent->inputs[i].witness;
    std::vector<uint64_t> fees;
    for (const StoredInput& input : plan.inputs) {
        const auto keyset = book_.find(input.proof.keyset_id);
        fees.push_back(keyset ? keyset->input_fee_ppk : 0);
    }
    plan.fee = TRY(input_fee(fees));
    for (const StoredOutput& output : old)
        plan.to_send += output.to_send ? output.amount : 0;
    if (const auto why = why_unpayable(plan, *fresh, input_fee_ppk_max_); !why.empty()) {
        row.last_error = why;
        row.saga.state = RedeemState::rejected;
        return apply_end(row, RedeemVerdict::refused, now);
    }
    // A burnt set stays burnt: a scan owns its signatures.
    if (retired)
        TRY(store_.set_outputs_state(row.outputs_id, OutputsState::superseded));
    row.fee = plan.fee;
    row.saga = on_renewed(row.saga, now);
    const Outputs outputs = TRY(prepare(plan, now));
    return write(row, outputs);
}

Result<void> SwapDriver::note_foreign_use(const RedemptionRow& row)
{
    log::error("mint {} signed outputs of this wallet's seed that it never asked for: another wallet uses the seed, or "
               "the database is an older copy. Stop the other one, then run `berth wallet restore`",
               row.mint);
    return store_.set_mint_fault(row.mint, WalletStore::MintFault::seed,
                                 "another wallet uses this seed; see `berth wallet restore`");
}

void SwapDriver::on_scan_ended(const KeysetId& keyset, bool hits)
{
    const UnixTime now = clock_();
    for (const RedemptionId id : store_.open_redemptions()) {
        auto row = store_.redemption(id);
        if (row->saga.state != RedeemState::checking || row->saga.question != RedeemQuestion::counter || !is_ours(*row))
            continue;
        const auto outputs = store_.outputs(row->outputs_id);
        if (outputs.empty() || outputs.front().keyset != keyset)
            continue;
        const RedeemRuling ruling = judge_scan(row->saga, hits);
        const bool stored = step([&]() -> Result<void> {
            // Without a hit the scan has nothing to do with these outputs, which the mint may yet sign.
            TRY(hits ? note_foreign_use(*row) : store_.set_outputs_state(row->outputs_id, OutputsState::superseded));
            return apply(*row, ruling, now);
        });
        if (stored && row->saga.state == RedeemState::rejected)
            events_.on_settled(*row);
    }
    drive_due(now);
}

} // namespace berth::cashu
