#pragma once
// What the practice mint remembers, in SQLite: its seed and keysets, what it signed, what is spent, its quotes, and
// answers to repeat (NUT-19). Runs on its owner's thread, inside the owner's transactions.

#include "cashu/mint_quotes.h"
#include "crypto/random.h"
#include "db/database.h"
#include "local/mint_keys.h"

namespace berth::local {

struct StoredKeyset {
    KeysetRecipe recipe;
    bool active = true;
};

enum class QuoteKind { mint, melt };

struct StoredQuote {
    std::string id;
    QuoteKind kind = QuoteKind::mint;
    cashu::Unit unit = cashu::Unit::sat;
    cashu::Amount amount = 0;
    cashu::QuoteState state = cashu::QuoteState::unpaid;
    std::string request;
    int64_t expiry = 0;                ///< Unix seconds
    std::optional<std::string> pubkey; ///< NUT-20, hex
    std::string method = "bolt11";     ///< of payment
};

class MintStore {
public:
    /// Migrates the tables of `database`, which must outlive the store.
    [[nodiscard]] static Result<MintStore> create(db::Database& database);

    /// Made at first use.
    [[nodiscard]] Result<crypto::Secret> seed(crypto::Random& random);
    [[nodiscard]] Result<std::vector<StoredKeyset>> keysets();
    [[nodiscard]] Result<void> add_keyset(const KeysetRecipe& recipe);
    /// The unit's keysets sign no more.
    [[nodiscard]] Result<void> deactivate(cashu::Unit unit);

    /// The witness it was spent with (empty: none), or nullopt while unspent.
    [[nodiscard]] Result<std::optional<std::string>> spent_witness(const crypto::Point& Y);
    [[nodiscard]] Result<void> spend(const crypto::Point& Y, const std::string& witness);

    /// The signature on this B_, without its DLEQ.
    [[nodiscard]] Result<std::optional<cashu::BlindSignature>> find_signature(const crypto::Point& B_);
    [[nodiscard]] Result<void> add_signature(const crypto::Point& B_, const cashu::BlindSignature& signature);

    [[nodiscard]] Result<std::optional<StoredQuote>> find_quote(QuoteKind kind, const std::string& id);
    [[nodiscard]] Result<void> add_quote(const StoredQuote& quote);
    [[nodiscard]] Result<void> set_quote_state(const std::string& id, cashu::QuoteState state);

    [[nodiscard]] Result<std::optional<std::string>> find_answer(const std::string& request_hash, int64_t now);
    [[nodiscard]] Result<void> remember_answer(const std::string& request_hash, const std::string& body,
                                               int64_t expires_at, int64_t now);

private:
    explicit MintStore(db::Database& database) : database_{&database} {}
    db::Database* database_;
};

} // namespace berth::local
