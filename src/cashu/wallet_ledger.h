#pragma once
// The books, in msat and by double entry: every movement of value is one entry whose legs sum up to zero, written in
// the transaction that moves it. What is held is positive; where it came from is negative. Entries are never changed.

#include "cashu/amount.h"
#include "db/database.h"
#include "util/time.h"

#include <optional>
#include <string>
#include <vector>

namespace berth::cashu {

/// The first three hold what the proofs in the state of the same name are worth (HoldingState has the same numbers).
enum class Account {
    unspent = 0,
    reserved = 1,
    spending = 2,
    customers = 10, ///< tokens that came in
    payees = 11,    ///< tokens handed out: refunds, change, payments
    lightning = 12, ///< invoices paid
    mint_fees = 13,
    lightning_fees = 14,
    recovered = 15, ///< signatures of ours that a scan found and no row explained
    lost = 16,      ///< proofs of ours that somebody else spent
    opening = 17,   ///< what was held when the books were opened
};

enum class Movement {
    opening = 0,
    receive = 1,
    deposit = 2,
    release = 3,
    refund = 4,
    payout_begun = 5,
    payout = 6,
    payout_undone = 7,
    rotation_begun = 8,
    rotation = 9,
    rotation_undone = 10,
    melt_begun = 11,
    melt = 12,
    melt_undone = 13,
    recovery = 14,
};

[[nodiscard]] const char* name_of(Account account);
[[nodiscard]] const char* name_of(Movement movement);

struct LedgerLeg {
    Account account = Account::unspent;
    int64_t msat = 0;
};

struct LedgerEntry {
    int64_t id = 0;
    UnixTime at{};
    Movement movement = Movement::opening;
    std::string mint{};
    Unit unit = Unit::sat;
    int64_t operation = 0; ///< redemption id; 0 if none
    std::string name{};    ///< key of the payout or payment; may be empty
    std::vector<LedgerLeg> legs{};
};

/// An entry in the making. Amounts are in the entry's unit; legs of nothing are left out.
class LedgerDraft {
public:
    explicit LedgerDraft(LedgerEntry entry) : entry_{std::move(entry)} {}
    LedgerDraft& add(Account account, Amount amount) { return change(account, amount, false); }
    LedgerDraft& take(Account account, Amount amount) { return change(account, amount, true); }
    /// The leg that makes the sum zero, of whichever sign.
    LedgerDraft& balance_with(Account account);

    [[nodiscard]] bool overflows() const { return overflows_; }
    [[nodiscard]] const LedgerEntry& entry() const { return entry_; }

private:
    LedgerDraft& change(Account account, Amount amount, bool negative);

    LedgerEntry entry_;
    bool overflows_ = false;
};

class Ledger {
public:
    explicit Ledger(db::Database& database) : database_{database} {}

    /// In the caller's transaction. bad_input for amounts beyond 63 bits of msat; an entry without legs is not written.
    /// Legs that don't sum up to zero are a broken invariant.
    [[nodiscard]] Result<void> post(const LedgerDraft& draft);

    /// Newest first.
    [[nodiscard]] std::vector<LedgerEntry> newest(size_t count_max) const;
    [[nodiscard]] std::optional<LedgerEntry> find(Movement movement, int64_t operation) const;
    [[nodiscard]] std::optional<LedgerEntry> find(Movement movement, const std::string& name) const;

    struct Sum {
        std::string mint;
        Unit unit = Unit::sat;
        Account account = Account::unspent;
        int64_t msat = 0;
    };
    [[nodiscard]] std::vector<Sum> sums() const;
    /// Entries whose legs don't sum up to zero, or that have none; legs without an entry give their number too.
    [[nodiscard]] std::vector<int64_t> unbalanced() const;
    [[nodiscard]] int64_t count() const;

private:
    [[nodiscard]] LedgerEntry read_entry(const db::Statement& row) const;

    db::Database& database_;
};

/// The leg of this account; 0 if there is none.
[[nodiscard]] int64_t leg_of(const LedgerEntry& entry, Account account);

} // namespace berth::cashu
