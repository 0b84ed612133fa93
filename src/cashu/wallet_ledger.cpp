#include "cashu/wallet_ledger.h"

#include "cashu/wallet_rows.h"

#include <limits>

namespace berth::cashu {

namespace {

constexpr const char* kEntryColumns = "id,at,movement,mint,unit,operation,name";

} // namespace

const char* name_of(Account account)
{
    switch (account) {
    case Account::unspent:
        return "unspent";
    case Account::reserved:
        return "reserved";
    case Account::spending:
        return "spending";
    case Account::customers:
        return "customers";
    case Account::payees:
        return "payees";
    case Account::lightning:
        return "lightning";
    case Account::mint_fees:
        return "mint_fees";
    case Account::lightning_fees:
        return "lightning_fees";
    case Account::recovered:
        return "recovered";
    case Account::lost:
        return "lost";
    case Account::opening:
        return "opening";
    }
    return "unknown";
}

const char* name_of(Movement movement)
{
    switch (movement) {
    case Movement::opening:
        return "opening";
    case Movement::receive:
        return "receive";
    case Movement::deposit:
        return "deposit";
    case Movement::release:
        return "release";
    case Movement::refund:
        return "refund";
    case Movement::payout_begun:
        return "payout_begun";
    case Movement::payout:
        return "payout";
    case Movement::payout_undone:
        return "payout_undone";
    case Movement::rotation_begun:
        return "rotation_begun";
    case Movement::rotation:
        return "rotation";
    case Movement::rotation_undone:
        return "rotation_undone";
    case Movement::melt_begun:
        return "melt_begun";
    case Movement::melt:
        return "melt";
    case Movement::melt_undone:
        return "melt_undone";
    case Movement::recovery:
        return "recovery";
    }
    return "unknown";
}

LedgerDraft& LedgerDraft::change(Account account, Amount amount, bool negative)
{
    const auto msat = to_msat(amount, entry_.unit);
    if (!msat || msat->value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
        overflows_ = true;
        return *this;
    }
    const auto value = static_cast<int64_t>(msat->value);
    if (value != 0)
        entry_.legs.push_back({account, negative ? -value : value});
    return *this;
}

LedgerDraft& LedgerDraft::balance_with(Account account)
{
    int64_t sum = 0;
    for (const LedgerLeg& leg : entry_.legs)
        overflows_ = __builtin_add_overflow(sum, leg.msat, &sum) || overflows_;
    if (sum != 0 && !overflows_)
        entry_.legs.push_back({account, -sum});
    return *this;
}

Result<void> Ledger::post(const LedgerDraft& draft)
{
    if (draft.overflows())
        return fail(Errc::bad_input, "an amount beyond what the books can hold");
    const LedgerEntry& entry = draft.entry();
    if (entry.legs.empty())
        return {};
    int64_t sum = 0;
    for (const LedgerLeg& leg : entry.legs)
        VERIFY(!__builtin_add_overflow(sum, leg.msat, &sum));
    VERIFY(sum == 0);
    TRY(database_.prepare("INSERT INTO ledger_entry(at,movement,mint,unit,operation,name) VALUES(?,?,?,?,?,?)")
            .bind(rows::millis(entry.at))
            .bind(static_cast<int>(entry.movement))
            .bind(entry.mint)
            .bind(static_cast<int>(entry.unit))
            .bind(entry.operation)
            .bind(entry.name)
            .run());
    const int64_t id = database_.last_insert_id();
    for (const LedgerLeg& leg : entry.legs)
        TRY(database_.prepare("INSERT INTO ledger_leg(entry,account,msat) VALUES(?,?,?)")
                .bind(id)
                .bind(static_cast<int>(leg.account))
                .bind(leg.msat)
                .run());
    return {};
}

LedgerEntry Ledger::read_entry(const db::Statement& row) const
{
    LedgerEntry entry{.id = row.integer(0),
                      .at = rows::time(row, 1),
                      .movement = rows::enumerator<Movement>(row, 2),
                      .mint = row.text(3),
                      .unit = rows::enumerator<Unit>(row, 4),
                      .operation = row.integer(5),
                      .name = row.text(6)};
    auto query = database_.prepare("SELECT account,msat FROM ledger_leg WHERE entry=? ORDER BY account");
    query.bind(entry.id);
    while (rows::next(query))
        entry.legs.push_back({rows::enumerator<Account>(query, 0), query.integer(1)});
    return entry;
}

std::vector<LedgerEntry> Ledger::newest(size_t count_max) const
{
    static const std::string kSql = fmt::format("SELECT {} FROM ledger_entry ORDER BY id DESC LIMIT ?", kEntryColumns);
    auto query = database_.prepare(kSql.c_str());
    query.bind(static_cast<uint64_t>(count_max));
    return rows::all(query, [this](const db::Statement& row) { return read_entry(row); });
}

std::optional<LedgerEntry> Ledger::find(Movement movement, int64_t operation) const
{
    static const std::string kSql =
        fmt::format("SELECT {} FROM ledger_entry WHERE operation=? AND movement=?", kEntryColumns);
    auto query = database_.prepare(kSql.c_str());
    query.bind(operation).bind(static_cast<int>(movement));
    return rows::next(query) ? std::optional{read_entry(query)} : std::nullopt;
}

std::optional<LedgerEntry> Ledger::find(Movement movement, const std::string& name) const
{
    static const std::string kSql =
        fmt::format("SELECT {} FROM ledger_entry WHERE name=? AND name<>'' AND movement=?", kEntryColumns);
    auto query = database_.prepare(kSql.c_str());
    query.bind(name).bind(static_cast<int>(movement));
    return rows::next(query) ? std::optional{read_entry(query)} : std::nullopt;
}

std::vector<Ledger::Sum> Ledger::sums() const
{
    auto query =
        database_.prepare("SELECT e.mint,e.unit,l.account,sum(l.msat>>31),sum(l.msat&2147483647) "
                          "FROM ledger_leg l JOIN ledger_entry e ON e.id=l.entry GROUP BY 1,2,3 ORDER BY 1,2,3");
    std::vector<Sum> found;
    while (rows::next(query))
        found.push_back({query.text(0), rows::enumerator<Unit>(query, 1), rows::enumerator<Account>(query, 2),
                         static_cast<int64_t>(rows::sum_of_halves(query, 3))});
    return found;
}

std::vector<int64_t> Ledger::unbalanced() const
{
    auto query =
        database_.prepare("SELECT id FROM ledger_entry WHERE "
                          "coalesce((SELECT sum(msat) FROM ledger_leg WHERE entry=id),1)<>0 "
                          "UNION SELECT entry FROM ledger_leg WHERE entry NOT IN (SELECT id FROM ledger_entry)");
    std::vector<int64_t> ids;
    while (rows::next(query))
        ids.push_back(query.integer(0));
    return ids;
}

int64_t Ledger::count() const
{
    auto query = database_.prepare("SELECT count(*) FROM ledger_entry");
    return rows::next(query) ? query.integer(0) : 0;
}

int64_t leg_of(const LedgerEntry& entry, Account account)
{
    for (const LedgerLeg& leg : entry.legs)
        if (leg.account == account)
            return leg.msat;
    return 0;
}

} // namespace berth::cashu
