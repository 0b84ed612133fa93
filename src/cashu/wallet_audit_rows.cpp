// The part of the audit that needs nothing but the rows.

#include "cashu/wallet_audit.h"

#include <algorithm>
#include <charconv>
#include <tuple>

namespace berth::cashu {

namespace {

int64_t signed_msat(Amount amount, Unit unit)
{
    const auto msat = to_msat(amount, unit);
    return msat ? static_cast<int64_t>(msat->value) : -1;
}

template <class... Args>
void differs(AuditReport& report, fmt::format_string<Args...> format, Args&&... args)
{
    report.differences.push_back(fmt::format(format, std::forward<Args>(args)...));
}

void check_books(const WalletStore& store, AuditReport& report)
{
    report.entries = store.ledger().count();
    for (const int64_t id : store.ledger().unbalanced())
        differs(report, "ledger entry {} does not sum up to zero", id);
}

void check_holdings(const WalletStore& store, AuditReport& report)
{
    struct Pair {
        int64_t books = 0;
        int64_t rows = 0;
    };
    std::map<std::tuple<std::string, Unit, int>, Pair> held;
    for (const Ledger::Sum& sum : store.ledger().sums())
        if (sum.account <= Account::spending)
            held[{sum.mint, sum.unit, static_cast<int>(sum.account)}].books = sum.msat;
    for (const WalletStore::Holdings& row : store.holdings())
        // Modulo 2^64, as the books are summed up.
        held[{row.mint, row.unit, static_cast<int>(row.state)}].rows =
            static_cast<int64_t>(row.amount * (row.unit == Unit::sat ? 1000 : 1));
    for (const auto& [place, pair] : held)
        if (pair.books != pair.rows)
            differs(report, "{}: the books hold {} msat {} in {}, the proofs are worth {} msat", std::get<0>(place),
                    pair.books, name_of(static_cast<Account>(std::get<2>(place))), name_of(std::get<1>(place)),
                    pair.rows);
}

void check_operation(const WalletStore& store, const RedemptionRow& row, AuditReport& report)
{
    Amount in = 0;
    for (const StoredInput& input : store.inputs(row.id))
        in += input.proof.amount;
    if (in != row.gross)
        differs(report, "operation {}: its inputs are worth {} instead of {} {}", row.id, in, row.gross,
                name_of(row.unit));
    if (row.kind == SwapKind::melt)
        return; // its outputs were blank; check_melts() knows
    Amount out = 0;
    for (const StoredOutput& output : store.outputs(row.outputs_id))
        out += output.amount;
    if (out != row.gross - row.fee)
        differs(report, "operation {}: its outputs are worth {} instead of {} {}", row.id, out, row.gross - row.fee,
                name_of(row.unit));
    const Movement movement = row.kind == SwapKind::receive   ? Movement::receive
                              : row.kind == SwapKind::deposit ? Movement::deposit
                              : row.kind == SwapKind::payout  ? Movement::payout
                                                              : Movement::rotation;
    const auto entry = store.ledger().find(movement, row.id);
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
    const auto refund = store.ledger().find(Movement::refund, row.id);
    if (!worth || !refund || leg_of(*refund, Account::payees) != signed_msat(*worth, row.unit))
        differs(report, "operation {}: its refund is not in the books as it was handed out", row.id);
}

void check_operations(const WalletStore& store, size_t newest_max, AuditReport& report)
{
    const std::string text = store.setting("books_opened_after");
    int64_t opened_after = 0;
    std::from_chars(text.data(), text.data() + text.size(), opened_after);
    for (const RedemptionId id : store.done_redemptions(opened_after, newest_max))
        check_operation(store, *store.redemption(id), report);
}

void check_payouts(const WalletStore& store, size_t newest_max, AuditReport& report)
{
    const bool books_are_whole = store.setting("books_opened_after") == "0";
    for (const PayoutRow& payout : store.finished_payouts(newest_max)) {
        const auto token = decode_token(payout.token);
        const auto worth = token ? total(token->proofs) : Result<Amount>{pass_on(token)};
        if (!worth || *worth != payout.amount)
            differs(report, "payout {}: its token is not worth {} {}", payout.key, payout.amount, name_of(payout.unit));
        const auto entry = store.ledger().find(Movement::payout, payout.key);
        if (entry ? leg_of(*entry, Account::payees) != signed_msat(payout.amount, payout.unit) : books_are_whole)
            differs(report, "payout {} is not in the books as it was handed out", payout.key);
    }
}

void check_melts(const WalletStore& store, size_t newest_max, AuditReport& report)
{
    for (const MeltPayment& melt : store.paid_melts(newest_max)) {
        const auto entry = store.ledger().find(Movement::melt, melt.redemption);
        const auto swap = store.redemption(melt.redemption);
        if (!entry || !swap || leg_of(*entry, Account::lightning) != signed_msat(melt.amount, melt.unit) ||
            leg_of(*entry, Account::spending) != -signed_msat(swap->gross, melt.unit) ||
            leg_of(*entry, Account::unspent) != signed_msat(melt.change, melt.unit))
            differs(report, "payment {} is not in the books as it was made", melt.key);
    }
}

} // namespace

AuditReport audit_rows(const WalletStore& store, size_t newest_max)
{
    AuditReport report;
    check_books(store, report);
    check_holdings(store, report);
    check_operations(store, newest_max, report);
    check_payouts(store, newest_max, report);
    check_melts(store, newest_max, report);
    return report;
}

} // namespace berth::cashu
