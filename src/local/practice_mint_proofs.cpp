// PracticeMint: what it demands of inputs and outputs, and how it spends and signs them.

#include "cashu/bdhke.h"
#include "cashu/conditions.h"
#include "cashu/mint_info.h"
#include "local/practice_mint.h"

#include <algorithm>
#include <set>

namespace berth::local {

namespace {

const std::optional<MintAnswer> kNoObjection;

bool is_expired(const cashu::Keyset& keyset, int64_t now)
{
    return keyset.final_expiry && *keyset.final_expiry <= now;
}

} // namespace

Result<cashu::Amount> total_of(const std::vector<cashu::BlindedMessage>& outputs)
{
    cashu::Amount sum = 0;
    for (const cashu::BlindedMessage& output : outputs) {
        const cashu::Amount next = TRY(cashu::add(sum, output.amount));
        sum = next;
    }
    return sum;
}

const MintKeyset* PracticeMint::find_keyset(const cashu::KeysetId& id) const
{
    const auto found = std::find_if(keysets_.begin(), keysets_.end(),
                                    [&](const MintKeyset& keyset) { return keyset.published.id == id; });
    return found == keysets_.end() ? nullptr : &*found;
}

PracticeMint::Objection PracticeMint::object_to_inputs(const std::vector<cashu::Proof>& inputs, cashu::Unit& unit,
                                                       int64_t now)
{
    if (inputs.empty())
        return std::optional{refuse(cashu::mint_error::kNotBalanced, "no inputs")};
    std::set<std::string> secrets;
    for (const cashu::Proof& input : inputs) {
        const MintKeyset* keyset = find_keyset(input.keyset_id);
        if (!keyset)
            return std::optional{refuse(cashu::mint_error::kKeysetUnknown, "unknown keyset")};
        if (is_expired(keyset->published, now))
            return std::optional{refuse(cashu::mint_error::kKeysetExpired, "the keyset has expired")};
        if (&input != &inputs.front() && keyset->published.unit != unit)
            return std::optional{refuse(cashu::mint_error::kMixedUnits, "inputs of several units")};
        unit = keyset->published.unit;
        if (!secrets.insert(input.secret).second)
            return std::optional{refuse(cashu::mint_error::kDuplicateInputs, "an input twice")};
        const auto key = keyset->secret_keys.find(input.amount);
        if (key == keyset->secret_keys.end() || !cashu::is_signed_by(key->second, input.secret, input.C))
            return std::optional{refuse(cashu::mint_error::kProofInvalid, "proof verification failed")};
    }
    for (const cashu::Proof& input : inputs) {
        const std::optional<std::string> spent = TRY(store_.spent_witness(cashu::hash_to_curve(input.secret)));
        if (spent)
            return std::optional{refuse(cashu::mint_error::kProofsSpent, "proofs already spent")};
    }
    return kNoObjection;
}

PracticeMint::Objection PracticeMint::object_to_outputs(const std::vector<cashu::BlindedMessage>& outputs,
                                                        cashu::Unit unit, int64_t now)
{
    std::set<crypto::Point> seen;
    for (const cashu::BlindedMessage& output : outputs) {
        const MintKeyset* keyset = find_keyset(output.keyset_id);
        if (!keyset)
            return std::optional{refuse(cashu::mint_error::kKeysetUnknown, "unknown keyset")};
        if (!keyset->published.active)
            return std::optional{refuse(cashu::mint_error::kKeysetInactive, "the keyset is inactive")};
        if (is_expired(keyset->published, now))
            return std::optional{refuse(cashu::mint_error::kKeysetExpired, "the keyset has expired")};
        if (keyset->published.unit != unit)
            return std::optional{refuse(cashu::mint_error::kUnitMismatch, "outputs of another unit")};
        if (!keyset->secret_keys.contains(output.amount))
            return std::optional{refuse(cashu::mint_error::kKeysetUnknown, "no key for this amount")};
        if (!seen.insert(output.B_).second)
            return std::optional{refuse(cashu::mint_error::kDuplicateOutputs, "an output twice")};
        const std::optional<cashu::BlindSignature> signed_before = TRY(store_.find_signature(output.B_));
        if (signed_before)
            return std::optional{refuse(cashu::mint_error::kOutputsSigned, "outputs already signed")};
    }
    return kNoObjection;
}

Result<cashu::Amount> PracticeMint::worth(const std::vector<cashu::Proof>& inputs) const
{
    std::vector<uint64_t> fees;
    for (const cashu::Proof& input : inputs)
        fees.push_back(find_keyset(input.keyset_id)->published.input_fee_ppk);
    const cashu::Amount fee = TRY(cashu::input_fee(fees));
    const cashu::Amount gross = TRY(cashu::total(inputs));
    if (gross < fee)
        return fail(Errc::bad_input, "the inputs do not cover the fee of {}", fee);
    return gross - fee;
}

Result<void> PracticeMint::spend(const std::vector<cashu::Proof>& inputs)
{
    for (const cashu::Proof& input : inputs)
        TRY(store_.spend(cashu::hash_to_curve(input.secret), input.witness.value_or("")));
    return {};
}

Result<std::vector<cashu::BlindSignature>> PracticeMint::sign(const std::vector<cashu::BlindedMessage>& outputs)
{
    std::vector<cashu::BlindSignature> signatures;
    for (const cashu::BlindedMessage& output : outputs) {
        const crypto::Scalar& key = find_keyset(output.keyset_id)->secret_keys.at(output.amount);
        const crypto::Point C_ = TRY(cashu::sign_blinded(output.B_, key));
        const cashu::BlindSignature signature{
            .amount = output.amount, .keyset_id = output.keyset_id, .C_ = C_, .dleq = std::nullopt};
        TRY(store_.add_signature(output.B_, signature));
        signatures.push_back(with_dleq(output.B_, signature));
    }
    if (forge_next_ && !signatures.empty())
        signatures.front().C_ = crypto::Point::generate(crypto::Scalar::random(random_));
    return signatures;
}

cashu::BlindSignature PracticeMint::with_dleq(const crypto::Point& B_, cashu::BlindSignature signature) const
{
    // The nonce is deterministic (NUT-12), so the proof is the same each time it is made.
    const crypto::Scalar& key = find_keyset(signature.keyset_id)->secret_keys.at(signature.amount);
    signature.dleq = cashu::create_dleq(key, B_, signature.C_);
    return signature;
}

} // namespace berth::local
