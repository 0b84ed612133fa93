#include "cashu/wallet_audit.h"

#include "cashu/bdhke.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <tuple>

namespace berth::cashu {

namespace {

constexpr size_t kBatch = 200;
constexpr size_t kProofsPerStateMax = 20'000;
constexpr size_t kSpentLookedAtMax = 1000;
constexpr std::chrono::seconds kRetry{1};

int64_t signed_msat(Amount amount, Unit unit)
{
    const auto msat = to_msat(amount, unit);
    return msat ? static_cast<int64_t>(msat->value) : -1;
}

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

} // namespace

void Audits::check_books(AuditReport& report) const
{
    report.entries = store_.ledger().count();
    for (const int64_t id : store_.ledger().unbalanced())
        differs(report, "ledger entry {} does not sum up to zero", id);
}

void Audits::check_holdings(AuditReport& report) const
{
    struct Pair {
        int64_t books = 0;
        int64_t rows = 0;
    };
    std::map<std::tuple<std::string, Unit, int>, Pair> held;
    for (const Ledger::Sum& sum : store_.ledger().sums())
        if (sum.account <= Account::spending)
            held[{sum.mint, sum.unit, static_cast<int>(sum.account)}].books = sum.msat;
    for (const WalletStore::Holdings& row : store_.holdings())
        held[{row.mint, row.unit, static_cast<int>(row.state)}].rows = signed_msat(row.amount, row.unit);
    for (const auto& [place, pair] : held)
        if (pair.books != pair.rows)
            differs(report, "{}: the books hold {} msat {} in {}, the proofs are worth {} msat", std::get<0>(place),
                    pair.books, name_of(static_cast<Account>(std::get<2>(place))), name_of(std::get<1>(place)),
                    pair.rows);
}

void Audits::check_operation(const RedemptionRow& row, AuditReport& report) const
{
    Amount in = 0;
    for (const StoredInput& input : store_.inputs(row.id))
        in += input.proof.amount;
    if (in != row.gross)
        differs(report, "operation {}: its inputs are worth {} instead of {} {}", row.id, in, row.gross,
                name_of(row.unit));
    if (row.kind == SwapKind::melt)
        return; // its outputs were blank; check_melts() knows
    Amount out = 0;
    for (const StoredOutput& output : store_.outputs(row.outputs_id))
        out += output.amount;
    if (out != row.gross - row.fee)
        differs(report, "operation {}: its outputs are worth {} instead of {} {}", row.id, out, row.gross - row.fee,
                name_of(row.unit));
    const Movement movement = row.kind == SwapKind::receive   ? Movement::receive
                              : row.kind == SwapKind::deposit ? Movement::deposit
                              : row.kind == SwapKind::payout  ? Movement::payout
                                                              : Movement::rotation;
    const auto entry = store_.ledger().find(movement, row.id);
    if (!entry)
        return differs(report, "operation {} ended, but the books have no {}", row.id, name_of(movement));
    const Account source = takes_tokens(row.kind) ? Account::customers : Account::spending;
    if (leg_of(*entry, source) != -signed_msat(row.gross, row.unit) ||
        leg_of(*entry, Account::mint_fees) != signed_msat(row.fee, row.unit))
        differs(report, "operation {}: ledger entry {} tells other amounts than its row", row.id, entry->id);
    if (row.refund_token.empty())
        return;
    const auto token = decode_token(row.refund_token);
    const auto worth = token ? total(token->proofs) : Result<Amount>{pass_on(token)};
    const auto refund = store_.ledger().find(Movement::refund, row.id);
    if (!worth || !refund || leg_of(*refund, Account::payees) != signed_msat(*worth, row.unit))
        differs(report, "operation {}: its refund is not in the books as it was handed out", row.id);
}

void Audits::check_operations(AuditReport& report) const
{
    const std::string text = store_.setting("books_opened_after");
    int64_t opened_after = 0;
    std::from_chars(text.data(), text.data() + text.size(), opened_after);
    for (const RedemptionId id : store_.done_redemptions(opened_after))
        check_operation(*store_.redemption(id), report);
}

void Audits::check_payouts(AuditReport& report) const
{
    const bool books_are_whole = store_.setting("books_opened_after") == "0";
    for (const PayoutRow& payout : store_.finished_payouts()) {
        const auto token = decode_token(payout.token);
        const auto worth = token ? total(token->proofs) : Result<Amount>{pass_on(token)};
        if (!worth || *worth != payout.amount)
            differs(report, "payout {}: its token is not worth {} {}", payout.key, payout.amount, name_of(payout.unit));
        const auto entry = store_.ledger().find(Movement::payout, payout.key);
        if (entry ? leg_of(*entry, Account::payees) != signed_msat(payout.amount, payout.unit) : books_are_whole)
            differs(report, "payout {} is not in the books as it was handed out", payout.key);
    }
}

void Audits::check_melts(AuditReport& report) const
{
    for (const MeltPayment& melt : store_.paid_melts()) {
        const auto entry = store_.ledger().find(Movement::melt, melt.redemption);
        const auto swap = store_.redemption(melt.redemption);
        if (!entry || !swap || leg_of(*entry, Account::lightning) != signed_msat(melt.amount, melt.unit) ||
            leg_of(*entry, Account::spending) != -signed_msat(swap->gross, melt.unit) ||
            leg_of(*entry, Account::unspent) != signed_msat(melt.change, melt.unit))
            differs(report, "payment {} is not in the books as it was made", melt.key);
    }
}

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

void Audits::begin(WalletOperations::AuditScope scope, Done done, UnixTime now)
{
    const bool under_way = !waiting_.empty();
    if (scope == WalletOperations::AuditScope::rows_and_mints && under_way) {
        waiting_.push_back(std::move(done));
        return;
    }
    AuditReport report;
    check_books(report);
    check_holdings(report);
    check_operations(report);
    check_payouts(report);
    check_melts(report);
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
