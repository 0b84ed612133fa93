#include "cashu/conditions.h"

#include "cashu/wire_json.h"
#include "crypto/hash.h"
#include "util/hex.h"

#include <algorithm>
#include <charconv>

namespace berth::cashu {

namespace {

using crypto::Point;

constexpr JsonLimits kSecretLimits{.bytes_max = kSecretBytesMax, .depth_max = 4, .items_max = 512};
constexpr JsonLimits kWitnessLimits{.bytes_max = kSecretBytesMax, .depth_max = 4, .items_max = 64};
constexpr size_t kPreimageBytes = 32;

using Tags = std::map<std::string, std::vector<std::string>>;

Result<std::vector<std::string>> parse_tag(const Json& value)
{
    std::vector<std::string> tag;
    if (!value.is_array() || value.empty())
        return fail(Errc::bad_input, "a spending condition has an empty tag");
    for (const Json& element : value) {
        if (!element.is_string())
            return fail(Errc::bad_input, "a spending condition's tag holds something else than text");
        tag.push_back(element.get<std::string>());
    }
    return tag;
}

Result<Tags> parse_tags(const Json& body)
{
    Tags tags;
    const Json* list = wire::find(body, "tags");
    if (!list)
        return tags;
    if (!list->is_array())
        return fail(Errc::bad_input, "a spending condition's tags are no array");
    for (const Json& element : *list) {
        std::vector<std::string> tag = TRY(parse_tag(element));
        const std::string name = tag.front();
        tag.erase(tag.begin());
        if (!tags.emplace(name, std::move(tag)).second)
            return fail(Errc::bad_input, "a spending condition has the same tag twice");
    }
    return tags;
}

/// The tag's only value, or nullopt without the tag.
Result<std::optional<std::string>> single_value(const Tags& tags, const char* name)
{
    const auto found = tags.find(name);
    if (found == tags.end())
        return std::optional<std::string>{};
    if (found->second.size() != 1)
        return fail(Errc::bad_input, "the tag {} must have one value", name);
    return std::optional{found->second.front()};
}

Result<std::optional<int64_t>> decimal_value(const Tags& tags, const char* name)
{
    const std::optional<std::string> text = TRY(single_value(tags, name));
    if (!text)
        return std::optional<int64_t>{};
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error != std::errc{} || end != text->data() + text->size() || number < 0)
        return fail(Errc::bad_input, "the tag {} must be a decimal number", name);
    return std::optional{number};
}

bool has_same_x(const Point& a, const Point& b)
{
    return std::equal(a.compressed().begin() + 1, a.compressed().end(), b.compressed().begin() + 1);
}

/// Signatures know only x, so keys that differ in parity are one signer.
Result<void> add_key(std::vector<Point>& keys, const std::string& hex)
{
    const Point key = TRY(Point::parse_hex(hex));
    if (std::any_of(keys.begin(), keys.end(), [&](const Point& known) { return has_same_x(known, key); }))
        return fail(Errc::bad_input, "a spending condition names the same key twice");
    keys.push_back(key);
    return {};
}

Result<void> add_keys(std::vector<Point>& keys, const Tags& tags, const char* name)
{
    const auto found = tags.find(name);
    if (found == tags.end())
        return {};
    for (const std::string& hex : found->second)
        TRY(add_key(keys, hex));
    return {};
}

Result<uint64_t> threshold(const Tags& tags, const char* name, const std::vector<Point>& keys)
{
    const std::optional<int64_t> number = TRY(decimal_value(tags, name));
    if (!number)
        return std::min<uint64_t>(1, keys.size());
    if (*number < 1 || static_cast<uint64_t>(*number) > keys.size())
        return fail(Errc::bad_input, "the tag {} must be in 1..{}", name, keys.size());
    return static_cast<uint64_t>(*number);
}

Result<SigFlag> parse_sig_flag(const Tags& tags)
{
    const std::optional<std::string> text = TRY(single_value(tags, "sigflag"));
    if (!text || *text == "SIG_INPUTS")
        return SigFlag::inputs;
    if (*text == "SIG_ALL")
        return SigFlag::all;
    return fail(Errc::bad_input, "a spending condition has an unknown sigflag");
}

Result<Condition> parse_body(LockKind kind, const Json& body)
{
    Condition condition{.kind = kind};
    TRY(json_string(body, "nonce"));
    condition.data = TRY(json_string(body, "data"));
    if (kind == LockKind::p2pk)
        TRY(add_key(condition.keys, condition.data));
    else
        TRY(decode_hex_array<32>(condition.data, HexCase::any));
    const Tags tags = TRY(parse_tags(body));
    TRY(add_keys(condition.keys, tags, "pubkeys"));
    TRY(add_keys(condition.refund_keys, tags, "refund"));
    condition.n_sigs = TRY(threshold(tags, "n_sigs", condition.keys));
    condition.n_sigs_refund = TRY(threshold(tags, "n_sigs_refund", condition.refund_keys));
    condition.locktime = TRY(decimal_value(tags, "locktime"));
    condition.sig_flag = TRY(parse_sig_flag(tags));
    if (const Json* list = wire::find(body, "tags"))
        condition.tags = dump_json(*list);
    return condition;
}

} // namespace

Result<std::optional<Condition>> parse_condition(std::string_view secret)
{
    if (secret.size() > kSecretBytesMax)
        return fail(Errc::bad_input, "a secret of {} bytes, limit {}", secret.size(), kSecretBytesMax);
    const size_t first = secret.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || secret[first] != '[')
        return std::optional<Condition>{};
    // Parsers disagree about what is nearly JSON, so it is neither a condition nor an ordinary secret.
    const Json value = TRY(parse_json(secret, kSecretLimits));
    if (value.size() != 2 || !value[0].is_string() || !value[1].is_object())
        return std::optional<Condition>{};
    const std::string name = value[0].get<std::string>();
    if (name != "P2PK" && name != "HTLC")
        return fail(Errc::refused, "a secret with a spending condition that is neither P2PK nor HTLC");
    Condition condition = TRY(parse_body(name == "P2PK" ? LockKind::p2pk : LockKind::htlc, value[1]));
    condition.secret_hash = crypto::sha256(as_bytes(secret));
    return std::optional{std::move(condition)};
}

Result<Witness> parse_witness(std::string_view json_text)
{
    Json value = TRY(parse_json(json_text, kWitnessLimits));
    if (value.is_string()) {
        const std::string inner = value.get<std::string>();
        value = TRY(parse_json(inner, kWitnessLimits));
    }
    if (!value.is_object())
        return fail(Errc::bad_input, "a witness must be an object");
    Witness witness;
    witness.preimage = TRY(json_optional_string(value, "preimage"));
    if (witness.preimage)
        TRY(decode_hex_array<kPreimageBytes>(*witness.preimage, HexCase::any));
    const Json* signatures = wire::find(value, "signatures");
    if (!signatures)
        return witness;
    if (!signatures->is_array())
        return fail(Errc::bad_input, "a witness's signatures are no array");
    for (const Json& element : *signatures) {
        if (!element.is_string())
            return fail(Errc::bad_input, "a signature must be hex text");
        const Bytes64 signature = TRY(decode_hex_array<64>(element.get_ref<const std::string&>(), HexCase::any));
        witness.signatures.push_back(signature);
    }
    return witness;
}

std::string encode_witness(const Witness& witness)
{
    OrderedJson body = OrderedJson::object();
    if (witness.preimage)
        body["preimage"] = *witness.preimage;
    body["signatures"] = OrderedJson::array();
    for (const Bytes64& signature : witness.signatures)
        body["signatures"].push_back(encode_hex(signature));
    return dump_json(body);
}

} // namespace berth::cashu
