#include "cashu/counter_scan.h"

#include "cashu/bdhke.h"
#include "cashu/wallet_rows.h"
#include "util/log.h"

#include <algorithm>

namespace berth::cashu {

namespace {

constexpr size_t kBatch = 100;
constexpr int kEmptyBatchesToEnd = 3;
constexpr uint64_t kSafetyGap = 100;

} // namespace

CounterScan::CounterScan(db::Database& database, WalletStore& store, MintClient& client, KeysetBook& book,
                         crypto::Secret seed, std::function<UnixTime()> clock,
                         std::function<void(const KeysetId&, bool hits)> on_ended)
    : database_{database}, store_{store}, client_{client}, book_{book}, seed_{std::move(seed)},
      clock_{std::move(clock)}, on_ended_{std::move(on_ended)}
{
}

void CounterScan::tick(UnixTime now)
{
    for (const ScanRow& scan : store_.scans())
        if (scan.due_at <= now && !in_flight_.count(scan.keyset) && client_.may_send(scan.mint, MintCall::read, now))
            fetch_batch(scan);
}

std::optional<UnixTime> CounterScan::next_due(UnixTime now) const
{
    std::optional<UnixTime> soonest;
    for (const ScanRow& scan : store_.scans()) {
        if (in_flight_.count(scan.keyset))
            continue;
        const UnixTime due = std::max(scan.due_at, client_.free_at(scan.mint, MintCall::read, now));
        if (due <= now && !client_.may_send(scan.mint, MintCall::read, now))
            continue; // full: an answer makes room
        soonest = std::min(soonest.value_or(due), due);
    }
    return soonest;
}

void CounterScan::fetch_batch(const ScanRow& scan)
{
    // The amount is ignored (NUT-09).
    const std::vector<OutputPlan> plans(kBatch, OutputPlan{.amount = 1, .to_send = false});
    auto batch = make_outputs(seed_, scan.keyset, scan.next_counter, plans);
    if (!batch) {
        log::error("cannot scan keyset {}: {}", scan.keyset, batch.error().message);
        return retry(scan);
    }
    in_flight_.insert(scan.keyset);
    const auto messages = messages_of(*batch);
    client_.restore(scan.mint, messages,
                    [this, id = scan.keyset, outputs = std::move(batch).value()](const Result<RestoreReply>& reply) {
                        on_batch(id, outputs, reply);
                    });
}

void CounterScan::retry(ScanRow scan)
{
    in_flight_.erase(scan.keyset);
    scan.due_at = clock_() + redeem_back_off(scan.failures++);
    const auto stored = store_.put_scan(scan);
    if (!stored)
        log::error("the wallet could not store a scan: {}", stored.error().message);
}

void CounterScan::on_batch(const KeysetId& id, const std::vector<StoredOutput>& batch,
                           const Result<RestoreReply>& reply)
{
    auto scan = store_.scan(id);
    const auto keyset = book_.find(id);
    in_flight_.erase(id);
    if (!scan || scan->next_counter != batch.front().counter)
        return;
    if (!reply || !keyset)
        return retry(*scan);
    std::vector<Proof> unknown;
    bool any = false;
    for (const StoredOutput& output : batch)
        for (size_t i = 0; i < reply->outputs.size(); ++i) {
            if (reply->outputs[i].B_ != output.B_)
                continue;
            any = true;
            scan->highest_hit = output.counter;
            auto proof = make_proof(output, reply->signatures[i], *keyset);
            // Outputs of known operations are theirs to settle.
            if (proof && !store_.output_is_known(output.B_))
                unknown.push_back(std::move(proof).value());
            break;
        }
    scan->empty_batches = any ? 0 : scan->empty_batches + 1;
    scan->next_counter += kBatch;
    scan->failures = 0;
    scan->due_at = clock_();
    if (unknown.empty())
        return advance(std::move(*scan), {});
    scan->hits = true;
    std::vector<crypto::Point> ys;
    for (const Proof& proof : unknown)
        ys.push_back(hash_to_curve(std::string_view{proof.secret}));
    in_flight_.insert(id);
    client_.check_state(scan->mint, ys,
                        [this, id, after = *scan, unknown](const Result<std::vector<ProofStateOf>>& states) {
                            on_states(id, after, unknown, states);
                        });
}

void CounterScan::on_states(const KeysetId& id, ScanRow scan, const std::vector<Proof>& proofs,
                            const Result<std::vector<ProofStateOf>>& reply)
{
    in_flight_.erase(id);
    const auto stored = store_.scan(id);
    const auto keyset = book_.find(id);
    if (!stored || !keyset || stored->next_counter + kBatch != scan.next_counter)
        return;
    if (!reply)
        return retry(*stored); // the whole batch again
    std::vector<StoredProof> found;
    for (const Proof& proof : proofs) {
        const auto y = hash_to_curve(std::string_view{proof.secret});
        const auto state = std::find_if(reply->begin(), reply->end(),
                                        [&y](const ProofStateOf& candidate) { return candidate.Y == y; });
        if (state == reply->end() || state->state == ProofState::spent)
            continue;
        found.push_back({.y = y,
                         .mint = scan.mint,
                         .unit = keyset->unit,
                         .proof = proof,
                         .state = HoldingState::unspent,
                         .owner = 0});
    }
    advance(std::move(scan), found);
}

Result<void> CounterScan::keep(const StoredProof& proof)
{
    const bool is_new = TRY(store_.add_proof(proof));
    if (!is_new)
        return {};
    LedgerDraft draft{{.at = clock_(), .movement = Movement::recovery, .mint = proof.mint, .unit = proof.unit}};
    draft.take(Account::recovered, proof.proof.amount).add(Account::unspent, proof.proof.amount);
    return store_.ledger().post(draft);
}

void CounterScan::advance(ScanRow scan, const std::vector<StoredProof>& found)
{
    const bool ended = scan.empty_batches >= kEmptyBatchesToEnd;
    const auto stored = rows::in_savepoint(database_, [&]() -> Result<void> {
        for (const StoredProof& proof : found)
            TRY(keep(proof));
        if (!ended)
            return store_.put_scan(scan);
        if (scan.highest_hit)
            TRY(store_.raise_counter(scan.keyset, *scan.highest_hit + 1 + kSafetyGap));
        return store_.delete_scan(scan.keyset);
    });
    if (!stored) {
        log::error("the wallet could not store a scan: {}", stored.error().message);
        return;
    }
    if (!ended)
        return tick(clock_());
    log::info("scan of keyset {} ended: {}", scan.keyset, scan.hits ? "found unknown signatures" : "nothing unknown");
    on_ended_(scan.keyset, scan.hits);
}

} // namespace berth::cashu
