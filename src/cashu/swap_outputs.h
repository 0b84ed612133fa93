#pragma once
// Outputs of a swap: made from the seed before anything is sent, and turned into proofs by the mint's signatures.

#include "cashu/mint_api.h"
#include "cashu/wallet_store.h"
#include "crypto/secret.h"

namespace berth::cashu {

/// What one output is for.
struct OutputPlan {
    Amount amount = 0;
    bool to_send = false;
};

/// `amount` in the keyset's denominations, ascending.
[[nodiscard]] Result<std::vector<OutputPlan>> plan_outputs(const Keyset& keyset, Amount amount, bool to_send);

/// Derives and blinds one output per plan (NUT-00, NUT-13), in ascending amounts so that nobody can tell change from
/// payment (NUT-03). The counters from `first_counter` on must be ours alone.
[[nodiscard]] Result<std::vector<StoredOutput>> make_outputs(const crypto::Secret& seed, const KeysetId& keyset,
                                                             uint64_t first_counter, std::vector<OutputPlan> plans);

[[nodiscard]] std::vector<BlindedMessage> messages_of(const std::vector<StoredOutput>& outputs);

/// The proof that a signature makes of an output. bad_input if the keyset differs, there is no key for the amount, or
/// the DLEQ is wrong (NUT-12). A missing DLEQ is accepted.
[[nodiscard]] Result<Proof> make_proof(const StoredOutput& output, const BlindSignature& signature,
                                       const Keyset& keyset);

/// All proofs of a swap, or why the answer is not the one asked for: count, order, ids, amounts, signatures.
[[nodiscard]] Result<std::vector<Proof>> make_proofs(const std::vector<StoredOutput>& outputs,
                                                     const std::vector<BlindSignature>& signatures,
                                                     const Keyset& keyset);

/// What NUT-07 says of all inputs together; unknown when one of them is missing from the answer.
[[nodiscard]] InputStates summarise(const std::vector<StoredInput>& inputs, const std::vector<ProofStateOf>& states);

/// SHA-256 of the sorted Ys, hex: the same inputs in any order give the same text.
[[nodiscard]] std::string hash_inputs(std::vector<crypto::Point> ys);

} // namespace berth::cashu
