#include "local/mint_store.h"

namespace berth::local {

namespace {

const char* const kSchema = R"(
CREATE TABLE mint_seed(id INTEGER PRIMARY KEY CHECK(id = 1), seed BLOB NOT NULL);
CREATE TABLE mint_keysets(
    unit          TEXT NOT NULL,
    number        INTEGER NOT NULL,
    version       INTEGER NOT NULL,
    input_fee_ppk INTEGER NOT NULL,
    final_expiry  INTEGER,
    active        INTEGER NOT NULL,
    PRIMARY KEY(unit, number)
) WITHOUT ROWID;
CREATE TABLE mint_signatures(
    B_        TEXT PRIMARY KEY,
    keyset_id TEXT NOT NULL,
    amount    INTEGER NOT NULL,
    C_        TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE mint_spent(Y TEXT PRIMARY KEY, witness TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE mint_quotes(
    id      TEXT PRIMARY KEY,
    kind    INTEGER NOT NULL, -- 0 mint, 1 melt
    unit    TEXT NOT NULL,
    amount  INTEGER NOT NULL,
    state   INTEGER NOT NULL, -- 0 unpaid, 1 pending, 2 paid, 3 issued
    request TEXT NOT NULL,
    expiry  INTEGER NOT NULL,
    pubkey  TEXT
) WITHOUT ROWID;
CREATE TABLE mint_answers(
    request_hash TEXT PRIMARY KEY,
    body         TEXT NOT NULL,
    expires_at   INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX mint_answers_by_expiry ON mint_answers(expires_at);
)";

const char* const kQuoteMethod = "ALTER TABLE mint_quotes ADD COLUMN method TEXT NOT NULL DEFAULT 'bolt11'";

} // namespace

Result<MintStore> MintStore::create(db::Database& database)
{
    TRY(db::migrate(database, "practice_mint", {kSchema, kQuoteMethod}));
    return MintStore{database};
}

Result<crypto::Secret> MintStore::seed(crypto::Random& random)
{
    {
        db::Statement select = database_->prepare("SELECT seed FROM mint_seed");
        const bool known = TRY(select.step());
        if (known)
            return crypto::Secret{select.blob(0)};
    }
    const Bytes32 fresh = random.bytes32();
    TRY(database_->prepare("INSERT INTO mint_seed(id, seed) VALUES(1, ?)").bind(ByteView{fresh}).run());
    return crypto::Secret{ByteView{fresh}};
}

Result<std::vector<StoredKeyset>> MintStore::keysets()
{
    std::vector<StoredKeyset> found;
    db::Statement select = database_->prepare("SELECT unit, number, version, input_fee_ppk, final_expiry, active"
                                              " FROM mint_keysets ORDER BY unit, number");
    for (;;) {
        const bool more = TRY(select.step());
        if (!more)
            return found;
        const cashu::Unit unit = TRY(cashu::parse_unit(select.text(0)));
        const KeysetRecipe recipe{.unit = unit,
                                  .number = select.unsigned_integer(1),
                                  .version = select.integer(2) == 1 ? KeysetVersion::v1 : KeysetVersion::v2,
                                  .input_fee_ppk = select.unsigned_integer(3),
                                  .final_expiry = select.optional_integer(4)};
        found.push_back(StoredKeyset{.recipe = recipe, .active = select.integer(5) != 0});
    }
}

Result<void> MintStore::add_keyset(const KeysetRecipe& recipe)
{
    return database_
        ->prepare("INSERT INTO mint_keysets(unit, number, version, input_fee_ppk, final_expiry, active)"
                  " VALUES(?, ?, ?, ?, ?, 1)")
        .bind(cashu::name_of(recipe.unit))
        .bind(recipe.number)
        .bind(static_cast<int>(recipe.version))
        .bind(recipe.input_fee_ppk)
        .bind(recipe.final_expiry)
        .run();
}

Result<void> MintStore::deactivate(cashu::Unit unit)
{
    return database_->prepare("UPDATE mint_keysets SET active = 0 WHERE unit = ?").bind(cashu::name_of(unit)).run();
}

Result<std::optional<std::string>> MintStore::spent_witness(const crypto::Point& Y)
{
    db::Statement select = database_->prepare("SELECT witness FROM mint_spent WHERE Y = ?");
    const bool spent = TRY(select.bind(Y.hex()).step());
    return spent ? std::optional{select.text(0)} : std::nullopt;
}

Result<void> MintStore::spend(const crypto::Point& Y, const std::string& witness)
{
    return database_->prepare("INSERT INTO mint_spent(Y, witness) VALUES(?, ?)").bind(Y.hex()).bind(witness).run();
}

Result<std::optional<cashu::BlindSignature>> MintStore::find_signature(const crypto::Point& B_)
{
    db::Statement select = database_->prepare("SELECT keyset_id, amount, C_ FROM mint_signatures WHERE B_ = ?");
    const bool known = TRY(select.bind(B_.hex()).step());
    if (!known)
        return std::optional<cashu::BlindSignature>{};
    const crypto::Point C_ = TRY(crypto::Point::parse_hex(select.text(2)));
    return std::optional{cashu::BlindSignature{
        .amount = select.unsigned_integer(1), .keyset_id = select.text(0), .C_ = C_, .dleq = std::nullopt}};
}

Result<void> MintStore::add_signature(const crypto::Point& B_, const cashu::BlindSignature& signature)
{
    return database_->prepare("INSERT INTO mint_signatures(B_, keyset_id, amount, C_) VALUES(?, ?, ?, ?)")
        .bind(B_.hex())
        .bind(signature.keyset_id)
        .bind(signature.amount)
        .bind(signature.C_.hex())
        .run();
}

Result<std::optional<StoredQuote>> MintStore::find_quote(QuoteKind kind, const std::string& id)
{
    db::Statement select = database_->prepare("SELECT unit, amount, state, request, expiry, pubkey, method"
                                              " FROM mint_quotes WHERE id = ? AND kind = ?");
    const bool known = TRY(select.bind(id).bind(static_cast<int>(kind)).step());
    if (!known)
        return std::optional<StoredQuote>{};
    const cashu::Unit unit = TRY(cashu::parse_unit(select.text(0)));
    return std::optional{StoredQuote{.id = id,
                                     .kind = kind,
                                     .unit = unit,
                                     .amount = select.unsigned_integer(1),
                                     .state = static_cast<cashu::QuoteState>(select.integer(2)),
                                     .request = select.text(3),
                                     .expiry = select.integer(4),
                                     .pubkey = select.optional_text(5),
                                     .method = select.text(6)}};
}

Result<void> MintStore::add_quote(const StoredQuote& quote)
{
    return database_
        ->prepare("INSERT INTO mint_quotes(id, kind, unit, amount, state, request, expiry, pubkey, method)"
                  " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(quote.id)
        .bind(static_cast<int>(quote.kind))
        .bind(cashu::name_of(quote.unit))
        .bind(quote.amount)
        .bind(static_cast<int>(quote.state))
        .bind(quote.request)
        .bind(quote.expiry)
        .bind(quote.pubkey)
        .bind(quote.method)
        .run();
}

Result<void> MintStore::set_quote_state(const std::string& id, cashu::QuoteState state)
{
    return database_->prepare("UPDATE mint_quotes SET state = ? WHERE id = ?")
        .bind(static_cast<int>(state))
        .bind(id)
        .run();
}

Result<std::optional<std::string>> MintStore::find_answer(const std::string& request_hash, int64_t now)
{
    db::Statement select =
        database_->prepare("SELECT body FROM mint_answers WHERE request_hash = ? AND expires_at > ?");
    const bool known = TRY(select.bind(request_hash).bind(now).step());
    return known ? std::optional{select.text(0)} : std::nullopt;
}

Result<void> MintStore::remember_answer(const std::string& request_hash, const std::string& body, int64_t expires_at,
                                        int64_t now)
{
    TRY(database_->prepare("DELETE FROM mint_answers WHERE expires_at <= ?").bind(now).run());
    return database_->prepare("INSERT INTO mint_answers(request_hash, body, expires_at) VALUES(?, ?, ?)")
        .bind(request_hash)
        .bind(body)
        .bind(expires_at)
        .run();
}

} // namespace berth::local
