#include "cashu/wire_json.h"

#include "util/hex.h"

#include <limits>

namespace berth::cashu::wire {

namespace {

constexpr size_t kIdLengthV1 = 16;
constexpr size_t kIdLengthV2 = 66;

Result<Bytes32> bytes32(const Json& object, const char* name)
{
    const std::string text = TRY(json_string(object, name));
    return decode_hex_array<32>(text, HexCase::any);
}

Result<std::optional<ProofDleq>> proof_dleq(const Json& object)
{
    const Json* found = find(object, "dleq");
    if (!found)
        return std::optional<ProofDleq>{};
    ProofDleq dleq;
    dleq.e = TRY(bytes32(*found, "e"));
    dleq.s = TRY(bytes32(*found, "s"));
    dleq.r = TRY(bytes32(*found, "r"));
    return std::optional{dleq};
}

Result<std::optional<std::string>> witness(const Json& object, WitnessForm form)
{
    const Json* found = find(object, "witness");
    if (!found)
        return std::optional<std::string>{};
    std::string text;
    if (found->is_string())
        text = found->get<std::string>();
    else if (found->is_object() && form == WitnessForm::object_too)
        text = dump_json(*found);
    else
        return fail(Errc::bad_input, "witness must be JSON text");
    if (text.size() > kSecretBytesMax)
        return fail(Errc::bad_input, "a witness of {} bytes, limit {}", text.size(), kSecretBytesMax);
    return std::optional{std::move(text)};
}

} // namespace

Result<const Json*> member(const Json& object, const char* name)
{
    const Json* found = find(object, name);
    if (!found)
        return fail(Errc::bad_input, "{} is missing", name);
    return found;
}

const Json* find(const Json& object, const char* name)
{
    if (!object.is_object())
        return nullptr;
    const auto found = object.find(name);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

Result<crypto::Point> point(const Json& object, const char* name)
{
    const std::string text = TRY(json_string(object, name));
    return crypto::Point::parse_hex(text);
}

Result<std::optional<int64_t>> optional_time(const Json& object, const char* name)
{
    const std::optional<uint64_t> seconds = TRY(json_optional_u64(object, name));
    if (!seconds)
        return std::optional<int64_t>{};
    if (*seconds > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
        return fail(Errc::bad_input, "{} is beyond all time", name);
    return std::optional{static_cast<int64_t>(*seconds)};
}

Result<KeysetId> keyset_id(const Json& object, const char* name)
{
    const std::string text = TRY(json_string(object, name));
    const Bytes bytes = TRY(decode_hex(text, HexCase::any));
    if (text.size() != kIdLengthV1 && text.size() != kIdLengthV2)
        return fail(Errc::bad_input, "a keyset id of {} characters", text.size());
    return encode_hex(bytes);
}

Result<Proof> proof(const Json& object, WitnessForm form)
{
    const Amount amount = TRY(json_u64(object, "amount"));
    if (amount == 0)
        return fail(Errc::bad_input, "a proof of amount 0");
    KeysetId id = TRY(keyset_id(object, "id"));
    std::string secret = TRY(json_string(object, "secret"));
    if (secret.size() > kSecretBytesMax)
        return fail(Errc::bad_input, "a secret of {} bytes, limit {}", secret.size(), kSecretBytesMax);
    const crypto::Point C = TRY(point(object, "C"));
    std::optional<std::string> witness_text = TRY(witness(object, form));
    const std::optional<ProofDleq> dleq = TRY(proof_dleq(object));
    std::optional<std::string> ephemeral;
    if (find(object, "p2pk_e")) {
        const crypto::Point E = TRY(point(object, "p2pk_e"));
        ephemeral = E.hex();
    }
    return Proof{.amount = amount,
                 .keyset_id = std::move(id),
                 .secret = std::move(secret),
                 .C = C,
                 .witness = std::move(witness_text),
                 .dleq = dleq,
                 .p2pk_e = std::move(ephemeral)};
}

Result<std::vector<Proof>> proofs(const Json& object, const char* name, size_t count_max, WitnessForm form)
{
    return list<Proof>(object, name, count_max, [form](const Json& element) { return proof(element, form); });
}

Result<BlindedMessage> blinded_message(const Json& object)
{
    const Amount amount = TRY(json_u64(object, "amount"));
    KeysetId id = TRY(keyset_id(object, "id"));
    const crypto::Point B_ = TRY(point(object, "B_"));
    return BlindedMessage{.amount = amount, .keyset_id = std::move(id), .B_ = B_};
}

Result<BlindSignature> blind_signature(const Json& object)
{
    const Amount amount = TRY(json_u64(object, "amount"));
    KeysetId id = TRY(keyset_id(object, "id"));
    const crypto::Point C_ = TRY(point(object, "C_"));
    std::optional<BlindDleq> dleq;
    if (const Json* found = find(object, "dleq")) {
        const Bytes32 e = TRY(bytes32(*found, "e"));
        const Bytes32 s = TRY(bytes32(*found, "s"));
        dleq = BlindDleq{.e = e, .s = s};
    }
    return BlindSignature{.amount = amount, .keyset_id = std::move(id), .C_ = C_, .dleq = dleq};
}

OrderedJson to_json(const Proof& proof, Audience audience)
{
    OrderedJson out{{"amount", proof.amount}, {"id", proof.keyset_id}, {"secret", proof.secret}, {"C", proof.C.hex()}};
    if (proof.witness)
        out["witness"] = *proof.witness;
    if (audience == Audience::mint)
        return out;
    if (proof.dleq)
        out["dleq"] = {
            {"e", encode_hex(proof.dleq->e)}, {"s", encode_hex(proof.dleq->s)}, {"r", encode_hex(proof.dleq->r)}};
    if (proof.p2pk_e)
        out["p2pk_e"] = *proof.p2pk_e;
    return out;
}

OrderedJson to_json(const std::vector<Proof>& proofs, Audience audience)
{
    OrderedJson out = OrderedJson::array();
    for (const Proof& proof : proofs)
        out.push_back(to_json(proof, audience));
    return out;
}

OrderedJson to_json(const std::vector<BlindedMessage>& outputs)
{
    OrderedJson out = OrderedJson::array();
    for (const BlindedMessage& output : outputs)
        out.push_back({{"amount", output.amount}, {"id", output.keyset_id}, {"B_", output.B_.hex()}});
    return out;
}

OrderedJson to_json(const std::vector<BlindSignature>& signatures)
{
    OrderedJson out = OrderedJson::array();
    for (const BlindSignature& signature : signatures) {
        OrderedJson entry{{"amount", signature.amount}, {"id", signature.keyset_id}, {"C_", signature.C_.hex()}};
        if (signature.dleq)
            entry["dleq"] = {{"e", encode_hex(signature.dleq->e)}, {"s", encode_hex(signature.dleq->s)}};
        out.push_back(std::move(entry));
    }
    return out;
}

} // namespace berth::cashu::wire
