#include "cashu/mint_api.h"

#include "cashu/wire_json.h"

#include <charconv>

namespace berth::cashu {

namespace {

using wire::Audience;
using wire::WitnessForm;

enum class KeysPresence { with_keys, without_keys };

Result<Amount> parse_denomination(const std::string& text)
{
    Amount amount = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount);
    if (error != std::errc{} || end != text.data() + text.size() || amount == 0 || text.front() == '0')
        return fail(Errc::bad_input, "a keyset has a key whose amount is no positive integer");
    return amount;
}

Result<std::map<Amount, crypto::Point>> parse_keys(const Json& object)
{
    const Json* keys = TRY(wire::member(object, "keys"));
    if (!keys->is_object() || keys->empty() || keys->size() > kKeysPerKeysetMax)
        return fail(Errc::bad_input, "keys must be an object of 1 to {} members", kKeysPerKeysetMax);
    std::map<Amount, crypto::Point> out;
    for (const auto& [name, value] : keys->items()) {
        const Amount amount = TRY(parse_denomination(name));
        const crypto::Point key = TRY(wire::point(*keys, name.c_str()));
        out.emplace(amount, key);
    }
    return out;
}

/// nullopt for keysets that are not for us: other units, ids older or newer than V1 and V2.
Result<std::optional<Keyset>> parse_keyset(const Json& object, KeysPresence presence)
{
    const std::string unit_text = TRY(json_string(object, "unit"));
    const Result<Unit> unit = parse_unit(unit_text);
    const Result<KeysetId> id = wire::keyset_id(object, "id");
    if (!unit || !id || !(id->starts_with("00") || id->starts_with("01")))
        return std::optional<Keyset>{};
    Keyset keyset{.id = *id, .unit = *unit, .active = true};
    // Older mints leave these three out of /v1/keys, where every keyset is active.
    if (wire::find(object, "active"))
        keyset.active = TRY(json_bool(object, "active"));
    const std::optional<uint64_t> fee_ppk = TRY(json_optional_u64(object, "input_fee_ppk"));
    keyset.input_fee_ppk = fee_ppk.value_or(0);
    keyset.final_expiry = TRY(wire::optional_time(object, "final_expiry"));
    if (keyset.final_expiry == 0)
        keyset.final_expiry.reset(); // so do its ids (NUT-02)
    if (presence == KeysPresence::with_keys)
        keyset.keys = TRY(parse_keys(object));
    return std::optional{std::move(keyset)};
}

Result<KeysetsReply> parse_reply(std::string_view json_text, KeysPresence presence)
{
    const Json body = TRY(parse_json(json_text, wire::kLimits));
    const std::vector<std::optional<Keyset>> parsed = TRY(wire::list<std::optional<Keyset>>(
        body, "keysets", kKeysetsMax, [presence](const Json& element) { return parse_keyset(element, presence); }));
    KeysetsReply reply;
    for (const std::optional<Keyset>& keyset : parsed) {
        if (keyset)
            reply.keysets.push_back(*keyset);
        else
            ++reply.skipped;
    }
    return reply;
}

std::string encode_reply(const std::vector<Keyset>& keysets, KeysPresence presence)
{
    OrderedJson list = OrderedJson::array();
    for (const Keyset& keyset : keysets) {
        OrderedJson entry{{"id", keyset.id},
                          {"unit", name_of(keyset.unit)},
                          {"active", keyset.active},
                          {"input_fee_ppk", keyset.input_fee_ppk}};
        if (keyset.final_expiry)
            entry["final_expiry"] = *keyset.final_expiry;
        if (presence == KeysPresence::with_keys) {
            entry["keys"] = OrderedJson::object();
            for (const auto& [amount, key] : keyset.keys)
                entry["keys"][std::to_string(amount)] = key.hex();
        }
        list.push_back(std::move(entry));
    }
    return dump_json(OrderedJson{{"keysets", std::move(list)}});
}

Result<ProofState> parse_state(const std::string& text)
{
    if (text == "UNSPENT")
        return ProofState::unspent;
    if (text == "PENDING")
        return ProofState::pending;
    if (text == "SPENT")
        return ProofState::spent;
    return fail(Errc::bad_input, "a proof state that is not UNSPENT, PENDING or SPENT");
}

const char* name_of(ProofState state)
{
    switch (state) {
    case ProofState::unspent:
        return "UNSPENT";
    case ProofState::pending:
        return "PENDING";
    case ProofState::spent:
        break;
    }
    return "SPENT";
}

Result<ProofStateOf> parse_proof_state(const Json& object)
{
    const crypto::Point Y = TRY(wire::point(object, "Y"));
    const std::string text = TRY(json_string(object, "state"));
    const ProofState state = TRY(parse_state(text));
    // It can only add to what the state says, so its form is no reason not to hear the state.
    std::optional<std::string> witness;
    if (const Json* found = wire::find(object, "witness"); found && found->is_string())
        witness = found->get<std::string>();
    return ProofStateOf{.Y = Y, .state = state, .witness = std::move(witness)};
}

Result<crypto::Point> parse_point(const Json& value)
{
    if (!value.is_string())
        return fail(Errc::bad_input, "a point must be hex text");
    return crypto::Point::parse_hex(value.get_ref<const std::string&>());
}

} // namespace

Result<KeysetsReply> decode_keys(std::string_view json_text)
{
    return parse_reply(json_text, KeysPresence::with_keys);
}

Result<KeysetsReply> decode_keysets(std::string_view json_text)
{
    return parse_reply(json_text, KeysPresence::without_keys);
}

std::string encode_keys(const std::vector<Keyset>& keysets)
{
    return encode_reply(keysets, KeysPresence::with_keys);
}

std::string encode_keysets(const std::vector<Keyset>& keysets)
{
    return encode_reply(keysets, KeysPresence::without_keys);
}

std::string encode_swap_request(const SwapRequest& request)
{
    return dump_json(OrderedJson{{"inputs", wire::to_json(request.inputs, Audience::mint)},
                                 {"outputs", wire::to_json(request.outputs)}});
}

Result<SwapRequest> decode_swap_request(std::string_view json_text)
{
    const Json body = TRY(parse_json(json_text, wire::kLimits));
    std::vector<Proof> inputs = TRY(wire::proofs(body, "inputs", kInputsMax, WitnessForm::text_only));
    std::vector<BlindedMessage> outputs =
        TRY(wire::list<BlindedMessage>(body, "outputs", kInputsMax, wire::blinded_message));
    return SwapRequest{.inputs = std::move(inputs), .outputs = std::move(outputs)};
}

std::string encode_signatures(const std::vector<BlindSignature>& signatures)
{
    return dump_json(OrderedJson{{"signatures", wire::to_json(signatures)}});
}

Result<std::vector<BlindSignature>> decode_signatures(std::string_view json_text)
{
    const Json body = TRY(parse_json(json_text, wire::kLimits));
    return wire::list<BlindSignature>(body, "signatures", kInputsMax, wire::blind_signature);
}

std::string encode_checkstate_request(const std::vector<crypto::Point>& ys)
{
    OrderedJson list = OrderedJson::array();
    for (const crypto::Point& Y : ys)
        list.push_back(Y.hex());
    return dump_json(OrderedJson{{"Ys", std::move(list)}});
}

Result<std::vector<crypto::Point>> decode_checkstate_request(std::string_view json_text)
{
    const Json body = TRY(parse_json(json_text, wire::kLimits));
    return wire::list<crypto::Point>(body, "Ys", kInputsMax, parse_point);
}

std::string encode_checkstate_reply(const std::vector<ProofStateOf>& states)
{
    OrderedJson list = OrderedJson::array();
    for (const ProofStateOf& state : states) {
        OrderedJson entry{{"Y", state.Y.hex()}, {"state", name_of(state.state)}};
        if (state.witness)
            entry["witness"] = *state.witness;
        list.push_back(std::move(entry));
    }
    return dump_json(OrderedJson{{"states", std::move(list)}});
}

Result<std::vector<ProofStateOf>> decode_checkstate_reply(std::string_view json_text)
{
    const Json body = TRY(parse_json(json_text, wire::kLimits));
    return wire::list<ProofStateOf>(body, "states", kInputsMax, parse_proof_state);
}

std::string encode_restore_request(const std::vector<BlindedMessage>& outputs)
{
    return dump_json(OrderedJson{{"outputs", wire::to_json(outputs)}});
}

Result<std::vector<BlindedMessage>> decode_restore_request(std::string_view json_text)
{
    const Json body = TRY(parse_json(json_text, wire::kLimits));
    return wire::list<BlindedMessage>(body, "outputs", kInputsMax, wire::blinded_message);
}

std::string encode_restore_reply(const RestoreReply& reply)
{
    return dump_json(
        OrderedJson{{"outputs", wire::to_json(reply.outputs)}, {"signatures", wire::to_json(reply.signatures)}});
}

Result<RestoreReply> decode_restore_reply(std::string_view json_text)
{
    const Json body = TRY(parse_json(json_text, wire::kLimits));
    std::vector<BlindedMessage> outputs =
        TRY(wire::list<BlindedMessage>(body, "outputs", kInputsMax, wire::blinded_message));
    std::vector<BlindSignature> signatures =
        TRY(wire::list<BlindSignature>(body, "signatures", kInputsMax, wire::blind_signature));
    if (outputs.size() != signatures.size())
        return fail(Errc::bad_input, "{} outputs but {} signatures were restored", outputs.size(), signatures.size());
    return RestoreReply{.outputs = std::move(outputs), .signatures = std::move(signatures)};
}

} // namespace berth::cashu
