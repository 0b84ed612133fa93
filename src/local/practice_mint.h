#pragma once
// A Cashu mint whose money is worth nothing, for trying and testing: it pays its own invoices. Says so in /v1/info.
// NUT-01 to 09, 10, 11, 12, 14, 19 (if asked for), 20, 23, 29. No socket, no clock: a request in, an answer out.

#include "cashu/mint_quotes.h"
#include "crypto/random.h"
#include "local/mint_store.h"
#include "util/time.h"

#include <memory>

namespace berth::local {

struct PracticeMintOptions {
    std::vector<cashu::Unit> units{cashu::Unit::sat};
    KeysetVersion keyset_version = KeysetVersion::v2;
    uint64_t input_fee_ppk = 0;
    std::optional<int64_t> final_expiry;  ///< of new keysets, Unix seconds
    std::chrono::seconds answer_cache{0}; ///< NUT-19; 0: none
    cashu::Amount quote_amount_max = 1'000'000'000;
};

/// Ways to fail on purpose, as real mints and networks do.
enum class MintFault {
    lose_answer,             ///< executes, and the answer never arrives
    too_many_requests,       ///< 429 before executing
    too_many_requests_after, ///< executes, then answers 429
    internal_error,          ///< 500 before executing
    wrong_signature,         ///< executes; the first signature of the answer is not the mint's
};

struct MintAnswer {
    int status = 200;
    std::string body;
    bool lost = false; ///< must not be sent
};

class PracticeMint {
public:
    /// Makes a keyset per unit if there is none. `database` and `random` must outlive the mint.
    [[nodiscard]] static Result<std::unique_ptr<PracticeMint>> create(db::Database& database, crypto::Random& random,
                                                                      PracticeMintOptions options);

    /// Executes one request in a transaction of its own.
    [[nodiscard]] MintAnswer handle(std::string_view method, std::string_view path, std::string_view body,
                                    UnixTime now);

    /// The next `times` requests to `path` fail like this.
    void arm(MintFault fault, const std::string& path, int times = 1) { armed_.push_back({fault, path, times}); }

    /// The unit's keyset signs no more; a new one takes its place, with this fee (absent: as before).
    [[nodiscard]] Result<void> rotate(cashu::Unit unit, std::optional<uint64_t> input_fee_ppk = std::nullopt);

private:
    struct Armed {
        MintFault fault;
        std::string path;
        int times;
    };
    /// A refusal on the way to an answer, or nothing to object.
    using Objection = Result<std::optional<MintAnswer>>;

    PracticeMint(db::Database& database, crypto::Random& random, MintStore store, crypto::Secret seed,
                 PracticeMintOptions options);
    [[nodiscard]] Result<void> load_keysets();
    [[nodiscard]] std::optional<MintFault> take_fault(std::string_view path);
    [[nodiscard]] Result<MintAnswer> execute(std::string_view method, std::string_view path, std::string_view body,
                                             int64_t now);
    [[nodiscard]] Result<MintAnswer> get(std::string_view path, int64_t now);
    [[nodiscard]] Result<MintAnswer> post(std::string_view path, std::string_view body, int64_t now);
    [[nodiscard]] Result<MintAnswer> post_once(std::string_view path, std::string_view body, int64_t now);

    [[nodiscard]] MintAnswer info(int64_t now) const;
    [[nodiscard]] MintAnswer keys(std::string_view id) const; ///< empty id: all active keysets
    [[nodiscard]] MintAnswer keysets() const;
    [[nodiscard]] Result<MintAnswer> swap(std::string_view body, int64_t now);
    [[nodiscard]] Result<MintAnswer> check_state(std::string_view body);
    [[nodiscard]] Result<MintAnswer> restore(std::string_view body);

    // practice_mint_quotes.cpp
    [[nodiscard]] Result<MintAnswer> quote_mint(std::string_view body, int64_t now);
    [[nodiscard]] Result<MintAnswer> mint(std::string_view body, int64_t now);
    [[nodiscard]] Result<MintAnswer> quote_melt(std::string_view body, int64_t now);
    [[nodiscard]] Result<MintAnswer> melt(std::string_view body, int64_t now);
    [[nodiscard]] Result<MintAnswer> show_quote(QuoteKind kind, const std::string& id);
    [[nodiscard]] bool mints(cashu::Unit unit) const;
    /// Only of the payment method that we serve: a quote of another is unknown to its endpoints.
    [[nodiscard]] Result<std::optional<StoredQuote>> find_mint_quote(const std::string& id);
    [[nodiscard]] Objection object_to_quote(const StoredQuote& quote, const std::vector<cashu::BlindedMessage>& outputs,
                                            const std::optional<Bytes64>& signature) const;
    /// Signs the outputs, which must be of the quotes' unit and worth exactly as much. One quote at least.
    [[nodiscard]] Result<MintAnswer> issue(const std::vector<StoredQuote>& quotes,
                                           const std::vector<cashu::BlindedMessage>& outputs, int64_t now);

    // practice_mint_batch.cpp
    [[nodiscard]] Result<MintAnswer> check_quotes(std::string_view body);
    [[nodiscard]] Result<MintAnswer> mint_batch(std::string_view body, int64_t now);

    // practice_mint_proofs.cpp
    [[nodiscard]] Objection object_to_inputs(const std::vector<cashu::Proof>& inputs, cashu::Unit& unit, int64_t now);
    [[nodiscard]] Objection object_to_outputs(const std::vector<cashu::BlindedMessage>& outputs, cashu::Unit unit,
                                              int64_t now);
    /// What the inputs are worth after the fee; bad_input if they don't cover it.
    [[nodiscard]] Result<cashu::Amount> worth(const std::vector<cashu::Proof>& inputs) const;
    [[nodiscard]] Result<void> spend(const std::vector<cashu::Proof>& inputs);
    [[nodiscard]] Result<std::vector<cashu::BlindSignature>> sign(const std::vector<cashu::BlindedMessage>& outputs);
    [[nodiscard]] const MintKeyset* find_keyset(const cashu::KeysetId& id) const;
    [[nodiscard]] cashu::BlindSignature with_dleq(const crypto::Point& B_, cashu::BlindSignature signature) const;

    db::Database& database_;
    crypto::Random& random_;
    MintStore store_;
    crypto::Secret seed_;
    PracticeMintOptions options_;
    std::vector<MintKeyset> keysets_;
    std::vector<Armed> armed_;
    bool forge_next_ = false;
};

/// A refusal with a code of the NUT registry.
[[nodiscard]] MintAnswer refuse(uint64_t code, std::string_view detail);
/// For bodies that are not what the endpoint takes.
[[nodiscard]] MintAnswer refuse_body(const Error& error);
[[nodiscard]] MintAnswer refuse_unknown_quote();

/// What a wallet is shown of a quote to mint.
[[nodiscard]] cashu::MintQuote mint_quote_of(const StoredQuote& quote);

/// Sum of the outputs' amounts; bad_input on overflow.
[[nodiscard]] Result<cashu::Amount> total_of(const std::vector<cashu::BlindedMessage>& outputs);

} // namespace berth::local
