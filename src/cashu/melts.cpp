#include "cashu/melts.h"

#include "cashu/wallet_rows.h"
#include "util/log.h"

#include <algorithm>

namespace berth::cashu {

using namespace std::chrono_literals;

namespace {

constexpr auto kStall = 5s;
/// More than this for a payment's way is no reserve but a price: 5 %, or this much for small ones.
constexpr Msat kReserveAlwaysFine{20'000};
/// In Unix seconds, the year 10000: far below what a UnixTime can't hold.
constexpr int64_t kExpiryNever = 253'402'300'800;

Amount units_up(Msat msat, Unit unit)
{
    return unit == Unit::msat ? msat.value : msat.value / 1000 + (msat.value % 1000 != 0 ? 1 : 0);
}

} // namespace

Melts::Melts(db::Database& database, WalletStore& store, MintClient& client, KeysetBook& book, crypto::Secret seed,
             std::function<UnixTime()> clock)
    : database_{database}, store_{store}, client_{client}, book_{book}, seed_{std::move(seed)}, clock_{std::move(clock)}
{
}

Result<void> Melts::begin(const InvoiceOrder& order, UnixTime now)
{
    if (store_.melt(order.key))
        return {};
    const Invoice invoice = TRY(decode_invoice(order.invoice));
    if (!invoice.amount || invoice.amount->value == 0)
        return fail(Errc::bad_input, "the invoice names no amount");
    if (invoice.expires_at <= unix_seconds(now))
        return fail(Errc::bad_input, "the invoice has expired");
    // Found out now rather than after the quote, which can only ask for more.
    TRY(cover(order.mint, order.unit, units_up(*invoice.amount, order.unit)));
    MeltPayment row{.key = order.key,
                    .mint = order.mint,
                    .unit = order.unit,
                    .invoice = canonical_invoice(order.invoice),
                    .payment_hash = invoice.payment_hash,
                    .amount = units_up(*invoice.amount, order.unit)};
    row.saga.created_at = now;
    row.saga.due_at = now;
    const auto added = store_.add_melt(row);
    if (!added && added.error().code == Errc::conflict)
        return fail(Errc::conflict, "this invoice is being paid or was");
    return added;
}

std::optional<PaymentStatus> Melts::find(const std::string& key) const
{
    const auto row = store_.melt(key);
    if (!row)
        return std::nullopt;
    PaymentStatus status{.mint = row->mint,
                         .unit = row->unit,
                         .amount = row->amount,
                         .preimage = row->preimage,
                         .problem = row->problem};
    if (row->saga.state == MeltState::failed)
        status.settling = Settling::failed;
    if (row->saga.state == MeltState::paid) {
        status.settling = Settling::done;
        const auto swap = store_.redemption(row->redemption);
        status.fees = swap ? swap->gross - std::min(swap->gross, row->amount + row->change) : 0;
    }
    return status;
}

uint64_t Melts::input_fee_ppk(const KeysetId& id) const
{
    const auto keyset = book_.find(id);
    return keyset ? keyset->input_fee_ppk : 0;
}

Result<Amount> Melts::fee_of(const std::vector<StoredProof>& proofs) const
{
    std::map<KeysetId, uint64_t> known;
    std::vector<uint64_t> fees;
    for (const StoredProof& proof : proofs) {
        const auto [place, is_new] = known.try_emplace(proof.proof.keyset_id);
        if (is_new)
            place->second = input_fee_ppk(proof.proof.keyset_id);
        fees.push_back(place->second);
    }
    return input_fee(fees);
}

Result<void> Melts::include(Coverage& chosen, std::vector<uint64_t>& fees, StoredProof proof) const
{
    if (chosen.proofs.size() == kInputsMax)
        return fail(Errc::refused, "the amount is in too many small proofs; pay it in parts");
    fees.push_back(input_fee_ppk(proof.proof.keyset_id));
    chosen.gross = TRY(add(chosen.gross, proof.proof.amount));
    chosen.fee = TRY(input_fee(fees));
    chosen.proofs.push_back(std::move(proof));
    return {};
}

Result<Coverage> Melts::cover(const std::string& mint, Unit unit, Amount target) const
{
    std::vector<StoredProof> held = store_.unspent_proofs(mint, unit); // ascending
    Coverage chosen;
    std::vector<uint64_t> fees;
    std::vector<StoredProof> too_large; // when it was their turn; descending
    const auto missing = [&chosen, target]() -> Amount {
        const Amount net = chosen.gross - std::min(chosen.gross, chosen.fee);
        return target - std::min(target, net);
    };
    for (auto proof = held.rbegin(); proof != held.rend() && missing() > 0; ++proof) {
        if (proof->proof.amount <= missing())
            TRY(include(chosen, fees, std::move(*proof)));
        else
            too_large.push_back(std::move(*proof));
    }
    while (missing() > 0) {
        if (too_large.empty())
            return fail(Errc::refused, "{} {} wanted with the mint's fee, {} held free at {}", target, name_of(unit),
                        chosen.gross, mint);
        TRY(include(chosen, fees, std::move(too_large.back())));
        too_large.pop_back();
    }
    return chosen;
}

bool Melts::step(const std::function<Result<void>()>& change)
{
    const Result<void> done = rows::in_savepoint(database_, change);
    if (done)
        return true;
    log::error("the wallet could not store a step of a payment: {}", done.error().message);
    stalled_until_ = clock_() + kStall;
    return false;
}

std::optional<MeltPayment> Melts::take_answered(const std::string& key, uint64_t mark)
{
    return in_flight_.end(key, mark) ? store_.melt(key) : std::nullopt;
}

void Melts::tick(UnixTime now)
{
    if (now < stalled_until_)
        return;
    for (const std::string& key : store_.due_melts(now))
        drive(key, now);
}

std::optional<UnixTime> Melts::next_due(UnixTime now) const
{
    std::optional<UnixTime> soonest = store_.next_melt_due();
    if (!soonest || *soonest > now)
        return soonest ? std::optional{std::max(*soonest, stalled_until_)} : std::nullopt;
    soonest.reset();
    for (const std::string& key : store_.due_melts(now)) {
        if (in_flight_.contains(key))
            continue;
        const std::string mint = store_.melt(key)->mint;
        const UnixTime free = client_.free_at(mint, MintCall::transaction, now);
        if (free > now || client_.may_send(mint, MintCall::transaction, now))
            soonest = std::min(soonest.value_or(free), free);
    }
    return soonest ? std::optional{std::max(*soonest, stalled_until_)} : std::nullopt;
}

void Melts::drive(const std::string& key, UnixTime now)
{
    auto row = store_.melt(key);
    if (!row || in_flight_.contains(key) || !client_.may_send(row->mint, MintCall::transaction, now))
        return;
    switch (next_step(row->saga, now)) {
    case MeltStep::ask_quote:
        return ask_quote(*row);
    case MeltStep::post_melt:
        return post(std::move(*row), now);
    case MeltStep::check_quote: {
        const uint64_t mark = in_flight_.begin(key);
        return client_.fetch_melt_quote(row->mint, row->quote, [this, key, mark](const MeltReply& reply) {
            on_melt(key, mark, reply, MeltState::checking);
        });
    }
    case MeltStep::check_inputs:
        return check_inputs(*row);
    case MeltStep::restore_change:
        return restore_change(*row);
    case MeltStep::wait:
    case MeltStep::nothing:
        return;
    }
}

void Melts::ask_quote(const MeltPayment& row)
{
    const uint64_t mark = in_flight_.begin(row.key);
    client_.request_melt_quote(row.mint, {.request = row.invoice, .unit = row.unit},
                               [this, key = row.key, mark](const MeltReply& reply) { on_quote(key, mark, reply); });
}

void Melts::post(MeltPayment row, UnixTime now)
{
    const auto swap = store_.redemption(row.redemption);
    VERIFY(swap.has_value());
    row.saga = on_post(row.saga, now);
    if (!step([&] { return store_.put_melt(row); }))
        return; // what isn't written is not sent
    const uint64_t mark = in_flight_.begin(row.key);
    client_.melt(row.mint, swap->request_body,
                 [this, key = row.key, mark](const MeltReply& reply) { on_melt(key, mark, reply, MeltState::sent); });
}

void Melts::check_inputs(const MeltPayment& row)
{
    std::vector<crypto::Point> ys;
    for (const StoredInput& input : store_.inputs(row.redemption))
        ys.push_back(input.y);
    const uint64_t mark = in_flight_.begin(row.key);
    client_.check_state(row.mint, ys, [this, key = row.key, mark](const Result<std::vector<ProofStateOf>>& reply) {
        on_states(key, mark, reply);
    });
}

void Melts::restore_change(const MeltPayment& row)
{
    const auto swap = store_.redemption(row.redemption);
    VERIFY(swap.has_value());
    const auto blanks = store_.outputs(swap->outputs_id);
    const uint64_t mark = in_flight_.begin(row.key);
    client_.restore(row.mint, messages_of(blanks),
                    [this, key = row.key, mark](const Result<RestoreReply>& reply) { on_restored(key, mark, reply); });
}

Result<void> Melts::check_quote(const MeltPayment& row, const MeltQuote& quote) const
{
    if (!is_quote_id(quote.quote))
        return fail(Errc::refused, "the mint's quote has an unusable id");
    if (quote.unit && *quote.unit != row.unit)
        return fail(Errc::refused, "the mint's quote is in another unit");
    if (quote.amount != row.amount)
        return fail(Errc::refused, "the mint wants {} for an invoice of {}", quote.amount, row.amount);
    const Msat reserve = TRY(to_msat(quote.fee_reserve, row.unit));
    const Msat amount = TRY(to_msat(quote.amount, row.unit));
    if (reserve > kReserveAlwaysFine && reserve.value > amount.value / 20)
        return fail(Errc::refused, "the mint wants a fee reserve of {} {}", quote.fee_reserve, name_of(row.unit));
    return {};
}

Result<void> Melts::prepare(MeltPayment& row, const MeltQuote& quote, UnixTime now)
{
    TRY(check_quote(row, quote));
    const Amount target = TRY(add(quote.amount, quote.fee_reserve));
    const Coverage chosen = TRY(cover(row.mint, row.unit, target));
    row.quote = quote.quote;
    row.redemption = TRY(set_aside(row, chosen, now));
    row.fee_reserve = quote.fee_reserve;
    row.problem.clear();
    // Zero, or the end of all time, is how some say that there is none.
    const bool expires = quote.expiry && *quote.expiry > 0 && *quote.expiry < kExpiryNever;
    row.saga = on_prepared(row.saga, expires ? std::optional{from_unix_seconds(*quote.expiry)} : std::nullopt, now);
    return store_.put_melt(row);
}

Result<RedemptionId> Melts::set_aside(const MeltPayment& row, const Coverage& chosen, UnixTime now)
{
    const Keyset keyset = TRY(book_.output_keyset(row.mint, row.unit, now));
    RedemptionRow swap{.kind = SwapKind::melt,
                       .mint = row.mint,
                       .unit = row.unit,
                       .gross = chosen.gross,
                       .fee = chosen.fee,
                       .payout_key = row.key};
    swap.saga.created_at = now;
    swap.saga.due_at = now;
    MeltRequest request{.quote = row.quote, .inputs = {}, .outputs = {}};
    std::vector<crypto::Point> ys;
    std::vector<StoredInput> inputs;
    for (const StoredProof& proof : chosen.proofs) {
        ys.push_back(proof.y);
        inputs.push_back({proof.y, proof.proof});
        request.inputs.push_back(proof.proof);
    }
    swap.inputs_hash = hash_inputs(ys);
    swap.id = TRY(store_.add_redemption(swap));
    for (const crypto::Point& y : ys)
        TRY(store_.set_proof_state(y, HoldingState::spending, swap.id));
    TRY(store_.add_inputs(swap.id, inputs));
    // Whatever is paid in beyond the amount comes back through these, not only the reserve (NUT-08).
    const size_t count = blank_output_count(chosen.gross - chosen.fee - row.amount);
    std::vector<OutputPlan> plans(count, OutputPlan{.amount = 1, .to_send = false});
    const uint64_t first = TRY(store_.take_counters(keyset.id, count));
    const std::vector<StoredOutput> blanks = TRY(make_outputs(seed_, keyset.id, first, std::move(plans)));
    swap.outputs_id = TRY(store_.add_outputs(swap.id, blanks));
    request.outputs = messages_of(blanks);
    swap.request_body = encode_melt_request(request);
    TRY(store_.put_redemption(swap));
    LedgerDraft draft{{.at = now,
                       .movement = Movement::melt_begun,
                       .mint = row.mint,
                       .unit = row.unit,
                       .operation = swap.id,
                       .name = row.key}};
    TRY(store_.ledger().post(draft.take(Account::unspent, swap.gross).add(Account::spending, swap.gross)));
    return swap.id;
}

} // namespace berth::cashu
