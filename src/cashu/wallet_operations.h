#pragma once
// What an operator does with the wallet: look at it, put tokens in, hand tokens out, pay invoices, sweep, restore,
// audit. Every call only begins something, within the caller's transaction; how it went is asked by its key or id. Keys
// make repeating harmless: the same key is the same payment.

#include "cashu/check.h"
#include "cashu/wallet_ledger.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth::cashu {

using RedemptionId = int64_t;

/// Keys of tokens that an operator sends begin so, to be told from those that the provider hands out.
constexpr std::string_view kSendKeyPrefix = "send:";

/// What is held at one mint in one unit.
struct Holding {
    std::string mint{};
    Unit unit = Unit::sat;
    Amount unspent = 0;  ///< free to use
    Amount reserved = 0; ///< of payments whose lease does not run yet
    Amount pending = 0;  ///< on its way out
};

/// Where money goes by itself, and when.
struct SweepOptions {
    std::string address{};       ///< Lightning address; empty: never
    std::optional<Msat> above{}; ///< what is free at one mint; absent: only when told to
    Msat keep{};                 ///< left at each mint
};

struct SendOrder {
    std::string key{};  ///< begins with "send:" (kSendKeyPrefix)
    std::string mint{}; ///< empty: the one that holds most
    Unit unit = Unit::sat;
    Amount amount = 0;
};

struct InvoiceOrder {
    std::string key{};
    std::string mint{}; ///< empty: the one that holds most
    Unit unit = Unit::sat;
    std::string invoice{};
};

struct SweepOrder {
    std::string key{};
    std::string mint{};
    Unit unit = Unit::sat;
    std::string address{}; ///< empty: the configured one
};

enum class Settling { under_way, done, failed };

/// How an invoice or a sweep stands.
struct PaymentStatus {
    Settling settling = Settling::under_way;
    std::string mint{};
    Unit unit = Unit::sat;
    Amount amount = 0; ///< that arrived, or is to arrive
    Amount fees = 0;   ///< all of them, when done
    std::string preimage{};
    std::string problem{}; ///< printable
};

struct RestoreStatus {
    size_t mints_waiting = 0;   ///< whose keysets are being read
    size_t keysets_waiting = 0; ///< that are being scanned
    std::vector<std::string> problems{};
    [[nodiscard]] bool is_over() const { return mints_waiting == 0 && keysets_waiting == 0; }
};

struct AuditReport {
    std::vector<std::string> differences{}; ///< a line each; none when the books are right
    std::vector<std::string> unanswered{};  ///< mints that could not be asked, and why
    std::vector<std::string> overdue{};     ///< what a mint has left undecided for more than a day; no difference
    int64_t entries = 0;
    size_t proofs = 0; ///< looked at
    Msat handed_out{}; ///< in tokens that nobody has taken yet, as far as the mints know
};

class WalletOperations {
public:
    virtual ~WalletOperations() = default;

    [[nodiscard]] virtual std::vector<Holding> holdings() const = 0;
    /// Redeems a token for the operator: its value is free to use when outcome() says received. One that is under way
    /// already is the same deposit.
    [[nodiscard]] virtual Result<RedemptionId> deposit(const CheckedToken& token, UnixTime now) = 0;
    /// The token is find_payout(key) as soon as it is made. refused when there is too little.
    [[nodiscard]] virtual Result<void> send(const SendOrder& order, UnixTime now) = 0;
    /// bad_input for a bad invoice, conflict when it is being paid or was, refused when there is too little.
    [[nodiscard]] virtual Result<void> pay_invoice(const InvoiceOrder& order, UnixTime now) = 0;
    /// Everything that is free at one mint, to a Lightning address.
    [[nodiscard]] virtual Result<void> sweep(const SweepOrder& order, UnixTime now) = 0;
    /// By the key of an invoice or a sweep.
    [[nodiscard]] virtual std::optional<PaymentStatus> find_payment(const std::string& key) const = 0;
    /// Newest first.
    [[nodiscard]] virtual std::vector<LedgerEntry> history(size_t count_max) const = 0;
    /// Asks every mint for all that it ever signed with this seed (NUT-09, NUT-13), on keysets old and new. Tokens that
    /// were handed out and not taken yet come back too.
    virtual void restore(UnixTime now) = 0;
    [[nodiscard]] virtual RestoreStatus restore_status() const = 0;

    enum class AuditScope { rows, rows_and_mints };
    /// Recomputes the books from rows and from the mints' own answers (NUT-07). `done` is called once, later or at
    /// once.
    virtual void audit(AuditScope scope, std::function<void(const AuditReport&)> done, UnixTime now) = 0;
};

} // namespace berth::cashu
