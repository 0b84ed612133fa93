#include "cashu/wallet_audit.h"

#include "cashu/bdhke.h"

#include <algorithm>
#include <set>

namespace berth::cashu {

namespace {

constexpr size_t kBatch = 200;
constexpr size_t kProofsPerStateMax = 20'000;
constexpr size_t kSpentLookedAtMax = 1000;
constexpr std::chrono::seconds kRetry{1};
constexpr std::chrono::hours kOverdueAfter{24};

/// Proofs are named by the beginning of their Y, which tells nobody how to spend them.
std::string short_name(const crypto::Point& y)
{
    return y.hex().substr(0, 10);
}

template <class... Args>
void differs(AuditReport& report, fmt::format_string<Args...> format, Args&&... args)
{
    report.differences.push_back(fmt::format(format, std::forward<Args>(args)...));
}

/// Money that hangs costs nobody anything yet, but somebody should ask the mint about it.
void note_overdue(const WalletStore& store, AuditReport& report, UnixTime now)
{
    const auto since = [](UnixTime at) { return rfc3339(at); };
    for (const std::string& key : store.due_melts(UnixTime::max())) {
        const auto melt = store.melt(key);
        if (now - melt->saga.created_at >= kOverdueAfter)
            report.overdue.push_back(fmt::format("{}: payment {} of {} {} is undecided since {}", melt->mint, key,
                                                 melt->amount, name_of(melt->unit), since(melt->saga.created_at)));
    }
    for (const RedemptionId id : store.open_redemptions()) {
        const auto row = store.redemption(id);
        if (now - row->saga.created_at >= kOverdueAfter)
            report.overdue.push_back(fmt::format("{}: swap {} of {} {} is undecided since {}", row->mint, id,
                                                 row->gross, name_of(row->unit), since(row->saga.created_at)));
    }
}

} // namespace

void Audits::check_proof(const StoredProof& stored, AuditReport& report) const
{
    const Proof& proof = stored.proof;
    if (hash_to_curve(std::string_view{proof.secret}) != stored.y)
        return differs(report, "proof {}: its secret is another's", short_name(stored.y));
    const auto row = store_.keyset(proof.keyset_id);
    if (!row || row->mint != stored.mint || row->keyset.unit != stored.unit)
        return differs(report, "proof {}: keyset {} is not one of {} in {}", short_name(stored.y), proof.keyset_id,
                       stored.mint, name_of(stored.unit));
    const auto key = row->keyset.keys.find(proof.amount);
    if (key == row->keyset.keys.end() ||
        (proof.dleq && !verify_proof_dleq(*proof.dleq, key->second, proof.secret, proof.C)))
        differs(report, "proof {}: the mint did not sign it for {} {}", short_name(stored.y), proof.amount,
                name_of(stored.unit));
}

void Audits::begin(WalletOperations::AuditScope scope, Done done, UnixTime now, size_t newest_max)
{
    const bool under_way = !waiting_.empty();
    if (scope == WalletOperations::AuditScope::rows_and_mints && under_way) {
        waiting_.push_back(std::move(done));
        return;
    }
    AuditReport report = audit_rows(store_, newest_max);
    note_overdue(store_, report, now);
    if (scope == WalletOperations::AuditScope::rows)
        return done(report);
    report_ = std::move(report);
    waiting_.push_back(std::move(done));
    add_questions();
    ask(now);
}

void Audits::add_questions()
{
    std::set<std::string> mints;
    for (const KeysetId& id : store_.all_keyset_ids())
        mints.insert(store_.keyset(id)->mint);
    for (const std::string& mint : mints)
        for (const HoldingState state :
             {HoldingState::unspent, HoldingState::reserved, HoldingState::sent, HoldingState::spent}) {
            const size_t most = state == HoldingState::spent ? kSpentLookedAtMax : kProofsPerStateMax;
            std::vector<StoredProof> proofs = store_.proofs_in(mint, state, most);
            report_.proofs += proofs.size();
            for (size_t at = 0; at < proofs.size(); at += kBatch) {
                const size_t end = std::min(proofs.size(), at + kBatch);
                batches_.push_back({mint,
                                    {proofs.begin() + static_cast<std::ptrdiff_t>(at),
                                     proofs.begin() + static_cast<std::ptrdiff_t>(end)}});
            }
        }
}

void Audits::ask(UnixTime now)
{
    if (asking_ || waiting_.empty())
        return;
    if (batches_.empty())
        return finish();
    if (!client_.may_send(batches_.front().mint, MintCall::read, now))
        return;
    Batch batch = std::move(batches_.front());
    batches_.pop_front();
    std::vector<crypto::Point> ys;
    for (const StoredProof& proof : batch.proofs) {
        check_proof(proof, report_); // some milliseconds for a batch, which is why it is not all at once
        ys.push_back(proof.y);
    }
    asking_ = true;
    const std::string mint = batch.mint;
    client_.check_state(mint, ys, [this, asked = std::move(batch)](const Result<std::vector<ProofStateOf>>& reply) {
        on_states(asked, reply);
    });
}

void Audits::on_states(const Batch& batch, const Result<std::vector<ProofStateOf>>& reply)
{
    asking_ = false;
    if (!reply) {
        report_.unanswered.push_back(batch.mint + ": " + reply.error().message);
        std::erase_if(batches_, [&batch](const Batch& other) { return other.mint == batch.mint; });
        return;
    }
    std::map<crypto::Point, ProofState> states;
    for (const ProofStateOf& state : *reply)
        states.emplace(state.Y, state.state);
    for (const StoredProof& asked : batch.proofs) {
        const auto found = states.find(asked.y);
        if (found == states.end()) {
            differs(report_, "proof {}: {} does not answer for it", short_name(asked.y), batch.mint);
            continue;
        }
        const bool spent = found->second == ProofState::spent;
        const bool held = asked.state == HoldingState::unspent || asked.state == HoldingState::reserved;
        // It may have moved while the mint was asked.
        const auto now_in = store_.proof_state(asked.y);
        if (now_in != std::optional{asked.state})
            continue;
        if (held && found->second != ProofState::unspent)
            differs(report_, "proof {} of {} {}: {} says that it is {}", short_name(asked.y), asked.proof.amount,
                    name_of(asked.unit), batch.mint, spent ? "spent" : "pending");
        if (asked.state == HoldingState::spent && !spent)
            differs(report_, "proof {} of {} {}: we spent it, and {} says that it is not spent", short_name(asked.y),
                    asked.proof.amount, name_of(asked.unit), batch.mint);
        if (asked.state == HoldingState::sent && !spent)
            report_.handed_out.value += to_msat(asked.proof.amount, asked.unit).value_or(Msat{}).value;
    }
}

void Audits::finish()
{
    const AuditReport report = std::exchange(report_, {});
    std::vector<Done> told;
    told.swap(waiting_);
    for (const Done& done : told)
        done(report);
}

void Audits::tick(UnixTime now)
{
    ask(now);
}

std::optional<UnixTime> Audits::next_due(UnixTime now) const
{
    if (asking_ || waiting_.empty())
        return std::nullopt;
    if (batches_.empty() || client_.may_send(batches_.front().mint, MintCall::read, now))
        return now;
    // A mint with no place free is looked at again before long.
    return std::max(now + kRetry, client_.free_at(batches_.front().mint, MintCall::read, now));
}

} // namespace berth::cashu
