// The part of StoredWallet that an operator asks for.

#include "cashu/invoice.h"
#include "cashu/mint_url.h"
#include "cashu/stored_wallet.h"
#include "util/log.h"

#include <algorithm>

namespace berth::cashu {

Result<std::string> StoredWallet::resolve_mint(const std::string& named, Unit unit) const
{
    if (!named.empty()) {
        std::string url = TRY(normalise_mint_url(named));
        if (!book_.is_whitelisted(url))
            return fail(Errc::bad_input, "{} is not one of the configured mints", url);
        return url;
    }
    const WalletStore::Holdings* most = nullptr;
    const auto held = store_.holdings();
    for (const auto& row : held)
        if (row.state == HoldingState::unspent && row.unit == unit && book_.is_whitelisted(row.mint) &&
            (!most || row.amount > most->amount))
            most = &row;
    if (!most)
        return fail(Errc::refused, "no {} are held free at any of the configured mints", name_of(unit));
    return most->mint;
}

std::vector<Holding> StoredWallet::holdings() const
{
    std::vector<Holding> all;
    for (const auto& row : store_.holdings()) {
        if (all.empty() || all.back().mint != row.mint || all.back().unit != row.unit)
            all.push_back({.mint = row.mint, .unit = row.unit});
        if (row.state == HoldingState::unspent)
            all.back().unspent = row.amount;
        else if (row.state == HoldingState::reserved)
            all.back().reserved = row.amount;
        else
            all.back().pending = row.amount;
    }
    return all;
}

Result<RedemptionId> StoredWallet::deposit(const CheckedToken& token, UnixTime now)
{
    // Asked again after a crash, while it is under way.
    const auto known = store_.find_by_inputs(hash_inputs(token.ys));
    const auto row = known ? store_.redemption(*known) : std::nullopt;
    if (row && row->kind == SwapKind::deposit && row->saga.state < RedeemState::done)
        return *known;
    return begin_swap(SwapKind::deposit, token, now);
}

Result<void> StoredWallet::send(const SendOrder& order, UnixTime now)
{
    if (!std::string_view{order.key}.starts_with(kSendKeyPrefix) || order.amount == 0)
        return fail(Errc::bad_input, "a token to send has a key that begins with \"{}\", and an amount",
                    kSendKeyPrefix);
    if (const auto known = store_.payout(order.key)) {
        if (known->amount != order.amount || known->unit != order.unit)
            return fail(Errc::conflict, "{} is a token of {} {} already; another payment needs another name", order.key,
                        known->amount, name_of(known->unit));
        return {};
    }
    const std::string mint = TRY(resolve_mint(order.mint, order.unit));
    // Exact proofs go out as they are; everything else is split, which costs the mint's fee.
    if (select_exact(store_.unspent_proofs(mint, order.unit), order.amount).empty())
        TRY(melts_.cover(mint, order.unit, order.amount));
    payouts_.request(order.key, mint, order.unit, order.amount, now);
    if (!store_.payout(order.key))
        return fail(Errc::unavailable, "the payment could not be stored");
    return {};
}

Result<void> StoredWallet::pay_invoice(const InvoiceOrder& order, UnixTime now)
{
    if (order.key.empty())
        return fail(Errc::bad_input, "a payment has a key");
    if (const auto known = store_.melt(order.key); known && known->invoice != canonical_invoice(order.invoice))
        return fail(Errc::conflict, "{} paid another invoice; another payment needs another name", order.key);
    if (find_payment(order.key))
        return {};
    InvoiceOrder resolved = order;
    resolved.mint = TRY(resolve_mint(order.mint, order.unit));
    TRY(melts_.begin(resolved, now));
    melts_.tick(now);
    return {};
}

Result<void> StoredWallet::sweep(const SweepOrder& order, UnixTime now)
{
    if (order.key.empty())
        return fail(Errc::bad_input, "a payment has a key");
    if (find_payment(order.key))
        return {};
    SweepOrder resolved = order;
    resolved.mint = TRY(resolve_mint(order.mint, order.unit));
    return sweeps_.begin(resolved, now);
}

std::optional<PaymentStatus> StoredWallet::find_payment(const std::string& key) const
{
    auto payment = melts_.find(key);
    return payment ? payment : sweeps_.find(key);
}

std::vector<LedgerEntry> StoredWallet::history(size_t count_max) const
{
    return store_.ledger().newest(count_max);
}

void StoredWallet::restore(UnixTime now)
{
    restore_problems_.clear();
    // Keysets that a mint lists and we never saw are scanned as soon as they are read.
    const auto stored = store_.set_setting("scan_new_keysets", "yes");
    if (!stored)
        restore_problems_.push_back(stored.error().message);
    for (const MintOptions& mint : options_.mints) {
        restoring_.insert(mint.url);
        if (book_.refresh(mint.url, now) == KeysetBook::Refresh::under_way)
            restore_reads_.insert(mint.url);
        else
            scan_all_keysets(mint.url, now); // read a moment ago
    }
}

void StoredWallet::scan_all_keysets(const std::string& mint, UnixTime now)
{
    if (book_.is_failing(mint)) {
        // What is known of it is scanned; that this is all can't be said.
        restore_problems_.push_back(fmt::format("{}: {}", mint, book_.status(mint).problem));
        restoring_.erase(mint);
    }
    for (const KeysetRow& row : store_.keysets(mint)) {
        if (store_.scan(row.keyset.id))
            continue;
        const auto stored = store_.put_scan({.keyset = row.keyset.id, .mint = mint, .due_at = now});
        if (!stored)
            restore_problems_.push_back(fmt::format("{}: {}", mint, stored.error().message));
    }
    scan_.tick(now);
    end_restore(mint);
}

void StoredWallet::on_scan_ended(const KeysetId& keyset, bool hits)
{
    const auto row = store_.keyset(keyset);
    driver_.on_scan_ended(keyset, hits);
    if (!row)
        return;
    end_restore(row->mint);
    if (handlers_.on_keysets)
        handlers_.on_keysets(row->mint);
}

void StoredWallet::end_restore(const std::string& mint)
{
    const auto scans = store_.scans();
    const bool still_scanning =
        std::any_of(scans.begin(), scans.end(), [&mint](const ScanRow& scan) { return scan.mint == mint; });
    if (still_scanning || restoring_.erase(mint) == 0)
        return;
    // Whatever another use of the seed had signed is known now, and the counters are behind it.
    const auto stored = store_.set_mint_fault(mint, WalletStore::MintFault::seed, "");
    if (!stored)
        restore_problems_.push_back(fmt::format("{}: {}", mint, stored.error().message));
    log::info("the restore at mint {} is over", mint);
}

RestoreStatus StoredWallet::restore_status() const
{
    RestoreStatus status{.mints_waiting = restore_reads_.size(), .problems = restore_problems_};
    for (const ScanRow& scan : store_.scans()) {
        ++status.keysets_waiting;
        if (scan.failures > 0)
            status.problems.push_back(
                fmt::format("{}: no answer about keyset {} yet, {} tries", scan.mint, scan.keyset, scan.failures));
    }
    return status;
}

void StoredWallet::audit(AuditScope scope, std::function<void(const AuditReport&)> done, UnixTime now)
{
    audits_.begin(scope, std::move(done), now);
}

void StoredWallet::log_audit(const AuditReport& report) const
{
    for (const std::string& difference : report.differences)
        log::error("the books are wrong: {}", difference);
    for (const std::string& line : report.overdue)
        log::warn("{}; ask whoever runs that mint", line);
    for (const std::string& mint : report.unanswered)
        log::info("the daily audit could not ask {}", mint);
}

} // namespace berth::cashu
