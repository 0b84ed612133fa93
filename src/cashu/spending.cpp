#include "cashu/conditions.h"

#include "cashu/p2bk.h"
#include "crypto/hash.h"
#include "util/hex.h"

#include <algorithm>

namespace berth::cashu {

namespace {

using crypto::Point;
using crypto::Scalar;

Bytes32 x_of(const Point& point)
{
    Bytes32 x{};
    std::copy(point.compressed().begin() + 1, point.compressed().end(), x.begin());
    return x;
}

/// Keys count once, however many signatures they gave.
size_t count_signers(const std::vector<Point>& keys, const Bytes32& message, const std::vector<Bytes64>& signatures)
{
    return static_cast<size_t>(std::count_if(keys.begin(), keys.end(), [&](const Point& key) {
        return std::any_of(signatures.begin(), signatures.end(), [&](const Bytes64& signature) {
            return crypto::verify_schnorr(x_of(key), message, signature);
        });
    }));
}

bool has_preimage(const Condition& condition, const Witness& witness)
{
    if (!witness.preimage)
        return false;
    const Result<Bytes32> preimage = decode_hex_array<32>(*witness.preimage, HexCase::any);
    const Result<Bytes32> hash = decode_hex_array<32>(condition.data, HexCase::any);
    return preimage && hash && crypto::sha256(*preimage) == *hash;
}

bool is_expired(const Condition& condition, int64_t now)
{
    return condition.locktime && now > *condition.locktime;
}

std::optional<SpendPath> find_path(const Condition& condition, const Bytes32& message, const Witness& witness,
                                   int64_t now)
{
    const bool preimage_holds = condition.kind == LockKind::p2pk || has_preimage(condition, witness);
    if (preimage_holds && count_signers(condition.keys, message, witness.signatures) >= condition.n_sigs)
        return SpendPath::main;
    if (!is_expired(condition, now))
        return std::nullopt;
    if (condition.refund_keys.empty())
        return SpendPath::anyone;
    if (count_signers(condition.refund_keys, message, witness.signatures) >= condition.n_sigs_refund)
        return SpendPath::refund;
    return std::nullopt;
}

Result<Witness> witness_of(const Proof& proof)
{
    if (!proof.witness)
        return Witness{};
    return parse_witness(*proof.witness);
}

using Conditions = std::vector<std::optional<Condition>>;

Result<Conditions> conditions_of(const std::vector<Proof>& inputs)
{
    Conditions out;
    for (const Proof& input : inputs) {
        std::optional<Condition> condition = TRY(parse_condition(input.secret));
        out.push_back(std::move(condition));
    }
    return out;
}

bool is_sig_all(const std::optional<Condition>& condition)
{
    return condition && condition->sig_flag == SigFlag::all;
}

bool agree(const Conditions& conditions)
{
    return std::all_of(conditions.begin(), conditions.end(), [&](const std::optional<Condition>& condition) {
        return condition && condition->kind == conditions[0]->kind && condition->data == conditions[0]->data &&
               condition->tags == conditions[0]->tags;
    });
}

bool contains(const std::vector<Point>& keys, const Point& key)
{
    return std::any_of(keys.begin(), keys.end(), [&](const Point& known) { return x_of(known) == x_of(key); });
}

/// The blinded signing key among `keys`, whose first has the given slot number (NUT-28).
std::optional<Scalar> find_blinded(const std::vector<Point>& keys, size_t first_slot, const Point& E, const Scalar& key)
{
    for (size_t i = 0; i < keys.size(); ++i) {
        const Result<Scalar> blinding = p2bk_blinding(key, E, static_cast<uint8_t>(first_slot + i));
        if (!blinding)
            continue;
        if (const Result<Scalar> found = p2bk_signing_key(key, *blinding, keys[i]))
            return *found;
    }
    return std::nullopt;
}

} // namespace

Result<std::vector<SpendPath>> check_inputs_spendable(const std::vector<Proof>& inputs,
                                                      const std::vector<BlindedMessage>& outputs,
                                                      std::string_view melt_quote, int64_t now)
{
    const Conditions conditions = TRY(conditions_of(inputs));
    const bool sig_all = std::any_of(conditions.begin(), conditions.end(), is_sig_all);
    if (sig_all && (!conditions[0] || !agree(conditions)))
        return fail(Errc::refused, "SIG_ALL inputs must agree in kind, data and tags");
    const Bytes32 message_of_all =
        sig_all ? crypto::sha256(as_bytes(sig_all_message(inputs, outputs, melt_quote))) : Bytes32{};

    std::vector<SpendPath> paths;
    for (size_t i = 0; i < inputs.size(); ++i) {
        if (!conditions[i]) {
            paths.push_back(SpendPath::anyone);
            continue;
        }
        const Witness witness = TRY(witness_of(inputs[sig_all ? 0 : i]));
        const Bytes32& message = sig_all ? message_of_all : conditions[i]->secret_hash;
        const std::optional<SpendPath> path = find_path(*conditions[i], message, witness, now);
        if (!path)
            return fail(Errc::refused, "input {} is locked and its witness does not open it", i);
        paths.push_back(*path);
    }
    return paths;
}

std::string sig_all_message(const std::vector<Proof>& inputs, const std::vector<BlindedMessage>& outputs,
                            std::string_view melt_quote)
{
    std::string message;
    for (const Proof& input : inputs)
        message += input.secret + input.C.hex();
    for (const BlindedMessage& output : outputs)
        message += std::to_string(output.amount) + output.B_.hex();
    return message.append(melt_quote);
}

LockStanding judge_lock(const Condition& condition, const std::optional<Witness>& witness,
                        const std::optional<Point>& our_key, int64_t now, std::chrono::seconds margin)
{
    const Witness known = witness.value_or(Witness{});
    // Whoever holds a proof that carries its own complete witness can spend it.
    if (condition.sig_flag == SigFlag::inputs && find_path(condition, condition.secret_hash, known, now))
        return LockStanding::open;
    const bool preimage_holds = condition.kind == LockKind::p2pk || has_preimage(condition, known);
    const bool opens_main = our_key && preimage_holds && condition.n_sigs == 1 && contains(condition.keys, *our_key);
    const bool opens_refund = our_key && is_expired(condition, now) && condition.n_sigs_refund == 1 &&
                              contains(condition.refund_keys, *our_key);
    if (!opens_main)
        return opens_refund ? LockStanding::open : LockStanding::foreign;
    if (condition.keys.size() > 1)
        return LockStanding::open;
    // Written so that neither a huge locktime nor a huge margin overflows.
    if (!condition.locktime || *condition.locktime - margin.count() > now)
        return LockStanding::ours;
    return condition.refund_keys.empty() ? LockStanding::open : LockStanding::reclaimable;
}

std::optional<Scalar> find_signing_key(const Condition& condition, const std::optional<std::string>& p2pk_e,
                                       const Scalar& key)
{
    if (!p2pk_e) {
        const Point ours = Point::generate(key);
        if (contains(condition.keys, ours) || contains(condition.refund_keys, ours))
            return key;
        return std::nullopt;
    }
    const Result<Point> E = Point::parse_hex(*p2pk_e);
    if (!E)
        return std::nullopt;
    // Slot 0 is `data`, which for an HTLC is a hash and no key.
    const size_t first_slot = condition.kind == LockKind::p2pk ? 0 : 1;
    if (std::optional<Scalar> found = find_blinded(condition.keys, first_slot, *E, key))
        return found;
    return find_blinded(condition.refund_keys, first_slot + condition.keys.size(), *E, key);
}

std::string sign_input(const Condition& condition, const std::optional<Witness>& known, const Scalar& signing_key,
                       crypto::Random& random)
{
    Witness witness;
    if (known)
        witness.preimage = known->preimage;
    witness.signatures.push_back(crypto::sign_schnorr(signing_key, condition.secret_hash, random));
    return encode_witness(witness);
}

Result<void> sign_inputs(std::vector<Proof>& inputs, const std::vector<BlindedMessage>& outputs, const Scalar& key,
                         crypto::Random& random)
{
    const Conditions conditions = TRY(conditions_of(inputs));
    for (size_t i = 0; i < inputs.size(); ++i) {
        if (!conditions[i])
            continue;
        const std::optional<Scalar> signing_key = find_signing_key(*conditions[i], inputs[i].p2pk_e, key);
        if (!signing_key || (is_sig_all(conditions[i]) && i > 0))
            continue;
        std::optional<Witness> known;
        if (inputs[i].witness)
            known = TRY(parse_witness(*inputs[i].witness));
        Condition condition = *conditions[i];
        if (is_sig_all(condition))
            condition.secret_hash = crypto::sha256(as_bytes(sig_all_message(inputs, outputs, "")));
        inputs[i].witness = sign_input(condition, known, *signing_key, random);
    }
    return {};
}

} // namespace berth::cashu
