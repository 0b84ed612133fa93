#include "cashu/swap_outputs.h"

#include "cashu/bdhke.h"
#include "cashu/deterministic.h"
#include "crypto/hash.h"
#include "util/hex.h"

#include <algorithm>

namespace berth::cashu {

Result<std::vector<OutputPlan>> plan_outputs(const Keyset& keyset, Amount amount, bool to_send)
{
    std::vector<OutputPlan> plans;
    if (amount == 0)
        return plans;
    const std::vector<Amount> parts = TRY(split_amount(amount, keyset.denominations()));
    for (const Amount part : parts)
        plans.push_back({part, to_send});
    return plans;
}

Result<std::vector<StoredOutput>> make_outputs(const crypto::Secret& seed, const KeysetId& keyset,
                                               uint64_t first_counter, std::vector<OutputPlan> plans)
{
    std::stable_sort(plans.begin(), plans.end(),
                     [](const OutputPlan& a, const OutputPlan& b) { return a.amount < b.amount; });
    std::vector<StoredOutput> outputs;
    for (size_t i = 0; i < plans.size(); ++i) {
        DerivedOutput derived = TRY(derive_output(seed, keyset, first_counter + i));
        crypto::Point blinded = TRY(blind(derived.secret, derived.r));
        outputs.push_back({.outputs_id = 0,
                           .index = static_cast<int>(i),
                           .keyset = keyset,
                           .counter = first_counter + i,
                           .amount = plans[i].amount,
                           .secret = std::move(derived.secret),
                           .r = std::move(derived.r),
                           .B_ = blinded,
                           .to_send = plans[i].to_send});
    }
    return outputs;
}

std::vector<BlindedMessage> messages_of(const std::vector<StoredOutput>& outputs)
{
    std::vector<BlindedMessage> messages;
    for (const StoredOutput& output : outputs)
        messages.push_back({output.amount, output.keyset, output.B_});
    return messages;
}

Result<Proof> make_proof(const StoredOutput& output, const BlindSignature& signature, const Keyset& keyset)
{
    if (signature.keyset_id != output.keyset || keyset.id != output.keyset)
        return fail(Errc::bad_input, "a signature is of keyset {} instead of {}", signature.keyset_id, output.keyset);
    const auto key = keyset.keys.find(signature.amount);
    if (key == keyset.keys.end())
        return fail(Errc::bad_input, "a signature is for {}, which keyset {} has no key for", signature.amount,
                    keyset.id);
    if (signature.dleq && !verify_dleq(*signature.dleq, key->second, output.B_, signature.C_))
        return fail(Errc::bad_input, "the DLEQ of a signature is wrong");
    const crypto::Point c = TRY(unblind(signature.C_, output.r, key->second));
    Proof proof{.amount = signature.amount,
                .keyset_id = keyset.id,
                .secret = output.secret,
                .C = c,
                .witness = std::nullopt,
                .dleq = std::nullopt,
                .p2pk_e = std::nullopt};
    if (signature.dleq) {
        ProofDleq dleq{.e = signature.dleq->e, .s = signature.dleq->s};
        std::copy_n(output.r.expose().begin(), dleq.r.size(), dleq.r.begin());
        proof.dleq = dleq;
    }
    return proof;
}

Result<std::vector<Proof>> make_proofs(const std::vector<StoredOutput>& outputs,
                                       const std::vector<BlindSignature>& signatures, const Keyset& keyset)
{
    if (signatures.size() != outputs.size())
        return fail(Errc::bad_input, "{} signatures for {} outputs", signatures.size(), outputs.size());
    std::vector<Proof> proofs;
    for (size_t i = 0; i < outputs.size(); ++i) {
        if (signatures[i].amount != outputs[i].amount)
            return fail(Errc::bad_input, "signature {} is for {} instead of {}", i, signatures[i].amount,
                        outputs[i].amount);
        Proof proof = TRY(make_proof(outputs[i], signatures[i], keyset));
        proofs.push_back(std::move(proof));
    }
    return proofs;
}

InputStates summarise(const std::vector<StoredInput>& inputs, const std::vector<ProofStateOf>& states)
{
    size_t spent = 0;
    for (const StoredInput& input : inputs) {
        const auto found = std::find_if(states.begin(), states.end(),
                                        [&input](const ProofStateOf& state) { return state.Y == input.y; });
        if (found == states.end())
            return InputStates::unknown;
        if (found->state == ProofState::pending)
            return InputStates::pending;
        spent += found->state == ProofState::spent;
    }
    if (spent == 0)
        return InputStates::unspent;
    return spent == inputs.size() ? InputStates::spent : InputStates::mixed;
}

std::string hash_inputs(std::vector<crypto::Point> ys)
{
    std::sort(ys.begin(), ys.end());
    crypto::Sha256 hash;
    for (const crypto::Point& y : ys)
        hash.update(ByteView{y.compressed()});
    return encode_hex(hash.finish());
}

} // namespace berth::cashu
