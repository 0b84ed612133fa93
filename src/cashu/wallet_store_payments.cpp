// The part of WalletStore about what goes out: payouts as tokens and invoices paid.

#include "cashu/wallet_rows.h"
#include "cashu/wallet_store.h"

#include <algorithm>

namespace berth::cashu {

namespace {

std::vector<std::string> read_keys(db::Statement& query)
{
    return rows::all(query, [](const db::Statement& row) { return row.text(0); });
}

PayoutRow read_payout(const db::Statement& row)
{
    return {.key = row.text(0),
            .mint = row.text(1),
            .unit = rows::enumerator<Unit>(row, 2),
            .amount = row.unsigned_integer(3),
            .redemption = row.optional_integer(4),
            .token = row.text(5),
            .due_at = rows::time(row, 6)};
}

/// From `quote` on, in the table's order.
void bind_progress(db::Statement& statement, const MeltPayment& row)
{
    const MeltRow& saga = row.saga;
    statement.bind(row.quote)
        .bind(row.amount)
        .bind(row.fee_reserve)
        .bind(static_cast<int>(saga.state))
        .bind(static_cast<int>(saga.question))
        .bind(saga.refused)
        .bind(saga.attempts)
        .bind(saga.failures)
        .bind(saga.empty_restores)
        .bind(rows::millis(saga.expires_at))
        .bind(rows::millis(saga.created_at))
        .bind(rows::millis(saga.due_at))
        .bind(row.redemption)
        .bind(row.change)
        .bind(row.preimage)
        .bind(row.problem);
}

MeltPayment read_melt(const db::Statement& row)
{
    MeltPayment melt{.key = row.text(0),
                     .mint = row.text(1),
                     .unit = rows::enumerator<Unit>(row, 2),
                     .invoice = row.text(3),
                     .quote = row.text(5),
                     .amount = row.unsigned_integer(6),
                     .fee_reserve = row.unsigned_integer(7),
                     .saga = {.state = rows::enumerator<MeltState>(row, 8),
                              .question = rows::enumerator<MeltQuestion>(row, 9),
                              .refused = row.integer(10) != 0,
                              .attempts = static_cast<int>(row.integer(11)),
                              .failures = static_cast<int>(row.integer(12)),
                              .empty_restores = static_cast<int>(row.integer(13)),
                              .expires_at = rows::optional_time(row, 14),
                              .created_at = rows::time(row, 15),
                              .due_at = rows::time(row, 16)},
                     .redemption = row.integer(17),
                     .change = row.unsigned_integer(18),
                     .preimage = row.text(19),
                     .problem = row.text(20)};
    const Bytes hash = row.blob(4);
    std::copy_n(hash.begin(), std::min(hash.size(), melt.payment_hash.size()), melt.payment_hash.begin());
    return melt;
}

} // namespace

Result<void> WalletStore::add_payout(const PayoutRow& row)
{
    return database_.prepare("INSERT INTO payout VALUES(?,?,?,?,?,?,?)")
        .bind(row.key)
        .bind(row.mint)
        .bind(static_cast<int>(row.unit))
        .bind(row.amount)
        .bind(row.redemption)
        .bind(row.token)
        .bind(rows::millis(row.due_at))
        .run();
}

Result<void> WalletStore::put_payout(const PayoutRow& row)
{
    return database_.prepare("UPDATE payout SET amount=?,redemption=?,token=?,due_at=? WHERE key=?")
        .bind(row.amount)
        .bind(row.redemption)
        .bind(row.token)
        .bind(rows::millis(row.due_at))
        .bind(row.key)
        .run();
}

Result<void> WalletStore::hurry_payouts(const std::string& mint, Unit unit, UnixTime now)
{
    return database_
        .prepare(
            "UPDATE payout SET due_at=?1 WHERE token='' AND redemption IS NULL AND due_at>?1 AND mint=?2 AND unit=?3")
        .bind(rows::millis(now))
        .bind(mint)
        .bind(static_cast<int>(unit))
        .run();
}

std::optional<PayoutRow> WalletStore::payout(const std::string& key) const
{
    auto query = database_.prepare("SELECT * FROM payout WHERE key=?");
    query.bind(key);
    return rows::next(query) ? std::optional{read_payout(query)} : std::nullopt;
}

std::vector<PayoutRow> WalletStore::finished_payouts(size_t newest_max) const
{
    auto query = database_.prepare("SELECT * FROM payout WHERE token<>'' ORDER BY rowid DESC LIMIT ?");
    query.bind(static_cast<uint64_t>(newest_max));
    return rows::all(query, read_payout);
}

Amount WalletStore::waiting_payouts(const std::string& mint, Unit unit) const
{
    auto query = database_.prepare("SELECT coalesce(sum(amount>>31),0),coalesce(sum(amount&2147483647),0) FROM payout "
                                   "WHERE token='' AND redemption IS NULL AND mint=? AND unit=?");
    query.bind(mint).bind(static_cast<int>(unit));
    return rows::next(query) ? rows::sum_of_halves(query, 0) : 0;
}

std::vector<std::string> WalletStore::due_payouts(UnixTime now) const
{
    auto query = database_.prepare("SELECT key FROM payout WHERE token='' AND redemption IS NULL AND due_at<=? "
                                   "ORDER BY due_at,key");
    query.bind(rows::millis(now));
    return read_keys(query);
}

std::vector<std::string> WalletStore::unfinished_payouts() const
{
    auto query = database_.prepare("SELECT p.key FROM payout p JOIN redemption r ON r.id=p.redemption "
                                   "WHERE p.token='' AND r.state>=3 ORDER BY p.key");
    return read_keys(query);
}

Result<void> WalletStore::add_melt(const MeltPayment& row)
{
    auto insert = database_.prepare("INSERT INTO melt VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
    insert.bind(row.key)
        .bind(row.mint)
        .bind(static_cast<int>(row.unit))
        .bind(row.invoice)
        .bind(ByteView{row.payment_hash});
    bind_progress(insert, row);
    return insert.run();
}

Result<void> WalletStore::put_melt(const MeltPayment& row)
{
    auto update = database_.prepare(
        "UPDATE melt SET quote=?,amount=?,fee_reserve=?,state=?,question=?,refused=?,attempts=?,failures=?,"
        "empty_restores=?,expires_at=?,created_at=?,due_at=?,redemption=?,change=?,preimage=?,problem=? WHERE key=?");
    bind_progress(update, row);
    return update.bind(row.key).run();
}

std::optional<MeltPayment> WalletStore::melt(const std::string& key) const
{
    auto query = database_.prepare("SELECT * FROM melt WHERE key=?");
    query.bind(key);
    return rows::next(query) ? std::optional{read_melt(query)} : std::nullopt;
}

std::vector<std::string> WalletStore::due_melts(UnixTime now) const
{
    auto query = database_.prepare("SELECT key FROM melt WHERE state<5 AND due_at<=? ORDER BY due_at,key");
    query.bind(rows::millis(now));
    return read_keys(query);
}

std::optional<UnixTime> WalletStore::next_melt_due() const
{
    auto query = database_.prepare("SELECT min(due_at) FROM melt WHERE state<5");
    return rows::next(query) ? rows::optional_time(query, 0) : std::nullopt;
}

std::vector<MeltPayment> WalletStore::paid_melts(size_t newest_max) const
{
    auto query = database_.prepare("SELECT * FROM melt WHERE state=5 ORDER BY rowid DESC LIMIT ?");
    query.bind(static_cast<uint64_t>(newest_max));
    return rows::all(query, read_melt);
}

} // namespace berth::cashu
