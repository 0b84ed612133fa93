#pragma once
// Spending conditions (NUT-10): P2PK (NUT-11) and HTLC (NUT-14). Reads what a secret demands, tells a receiver whether
// a proof is spendable by its key, and checks witnesses as a mint does.

#include "cashu/mint_api.h"
#include "cashu/token.h"

#include <chrono>

namespace berth::cashu {

enum class LockKind { p2pk, htlc };
enum class SigFlag { inputs, all };

/// What a well-formed P2PK or HTLC secret demands.
struct Condition {
    LockKind kind = LockKind::p2pk;
    Bytes32 secret_hash{};           ///< what SIG_INPUTS signatures are over
    std::string data;                ///< as written: a key, or the hex hash of a preimage
    std::string tags;                ///< canonical JSON of the tags; SIG_ALL inputs must agree in it
    std::vector<crypto::Point> keys; ///< main path: data (P2PK only), then tag pubkeys; distinct in x
    uint64_t n_sigs = 1;             ///< 0 for an HTLC without keys
    std::vector<crypto::Point> refund_keys;
    uint64_t n_sigs_refund = 1;
    std::optional<int64_t> locktime; ///< Unix seconds
    SigFlag sig_flag = SigFlag::inputs;
};

/// nullopt for an ordinary secret. bad_input for a malformed condition, refused for a kind we don't know.
[[nodiscard]] Result<std::optional<Condition>> parse_condition(std::string_view secret);

/// The witness of one proof.
struct Witness {
    std::vector<Bytes64> signatures;
    std::optional<std::string> preimage; ///< hex as written
};

/// Reads the JSON text; a text that was encoded twice is decoded twice.
[[nodiscard]] Result<Witness> parse_witness(std::string_view json_text);
[[nodiscard]] std::string encode_witness(const Witness& witness);

/// By which of its paths a proof is being spent.
enum class SpendPath { main, refund, anyone };

/// What a mint says about the inputs of one swap or melt: the path of each input. refused if one is not spendable.
/// SIG_ALL signs the outputs too, and the quote id of a melt. `now` is in Unix seconds.
[[nodiscard]] Result<std::vector<SpendPath>> check_inputs_spendable(const std::vector<Proof>& inputs,
                                                                    const std::vector<BlindedMessage>& outputs,
                                                                    std::string_view melt_quote, int64_t now);

/// The text whose SHA-256 a SIG_ALL signature is over (NUT-11).
[[nodiscard]] std::string sig_all_message(const std::vector<Proof>& inputs, const std::vector<BlindedMessage>& outputs,
                                          std::string_view melt_quote);

/// How a proof stands towards its receiver.
enum class LockStanding {
    open,        ///< unlocked, or others can spend it as well
    ours,        ///< nobody but our key, for longer than the margin
    reclaimable, ///< our key, but the payer can take it back now or within the margin
    foreign,     ///< needs a key or a preimage that we don't have
};

/// `our_key` is compared by x alone; without one every locked proof is foreign unless anyone may spend it.
[[nodiscard]] LockStanding judge_lock(const Condition& condition, const std::optional<Witness>& witness,
                                      const std::optional<crypto::Point>& our_key, int64_t now,
                                      std::chrono::seconds margin);

/// The secret key that signs for one of the condition's keys: `key` itself, or `key` blinded by `p2pk_e` (NUT-28).
/// nullopt when none of them is ours.
[[nodiscard]] std::optional<crypto::Scalar>
find_signing_key(const Condition& condition, const std::optional<std::string>& p2pk_e, const crypto::Scalar& key);

/// The witness (JSON text) that spends one SIG_INPUTS proof with a signing key; keeps the preimage of `known`.
[[nodiscard]] std::string sign_input(const Condition& condition, const std::optional<Witness>& known,
                                     const crypto::Scalar& signing_key, crypto::Random& random);

/// Puts a witness in every input that is locked to `key` (blinded by NUT-28 or not): one each for SIG_INPUTS, one in
/// the first for SIG_ALL. Inputs that need none are left alone.
[[nodiscard]] Result<void> sign_inputs(std::vector<Proof>& inputs, const std::vector<BlindedMessage>& outputs,
                                       const crypto::Scalar& key, crypto::Random& random);

} // namespace berth::cashu
