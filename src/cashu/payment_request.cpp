#include "cashu/payment_request.h"

#include "cashu/cbor.h"
#include "cashu/payment_request_bech32.h"
#include "cashu/wire_json.h"
#include "util/base64.h"

namespace berth::cashu {

namespace {

constexpr size_t kTextLengthMax = 16 * 1024;
constexpr size_t kProofsMax = 256;
constexpr std::string_view kPrefix = "creqA";
constexpr JsonLimits kPayloadLimits{.bytes_max = 256 * 1024, .depth_max = 16, .items_max = 16'384};

/// The member as T, nullptr when it is absent or null; bad_input when it is of another type.
template <class T>
Result<const T*> optional_member(const CborMap& map, std::string_view key)
{
    const CborValue* found = find_member(map, key);
    if (found && !found->as<T>())
        return fail(Errc::bad_input, "member {} of the payment request is of another type", key);
    return found ? found->as<T>() : nullptr;
}

template <class T>
Result<std::optional<T>> optional_value(const CborMap& map, std::string_view key)
{
    const T* found = TRY(optional_member<T>(map, key));
    return found ? std::optional<T>{*found} : std::nullopt;
}

Result<std::string> required_text(const CborMap& map, std::string_view key)
{
    const std::string* found = TRY(optional_member<std::string>(map, key));
    if (!found)
        return fail(Errc::bad_input, "member {} of the payment request is missing", key);
    return *found;
}

Result<std::vector<std::string>> text_list(const CborArray& array)
{
    std::vector<std::string> out;
    for (const CborValue& element : array) {
        const std::string* text = element.as<std::string>();
        if (!text)
            return fail(Errc::bad_input, "a list of the payment request holds something else than text");
        out.push_back(*text);
    }
    return out;
}

Result<std::vector<RequestTag>> tag_list(const CborMap& map, std::string_view key)
{
    std::vector<RequestTag> out;
    const CborArray* array = TRY(optional_member<CborArray>(map, key));
    if (!array)
        return out;
    for (const CborValue& element : *array) {
        const CborArray* values = element.as<CborArray>();
        if (!values)
            return fail(Errc::bad_input, "a tag of the payment request is no array");
        RequestTag tag = TRY(text_list(*values));
        out.push_back(std::move(tag));
    }
    return out;
}

Result<PaymentTransport> decode_transport(const CborValue& value)
{
    const CborMap* map = value.as<CborMap>();
    if (!map)
        return fail(Errc::bad_input, "a transport of the payment request is no map");
    PaymentTransport transport;
    transport.type = TRY(required_text(*map, "t"));
    transport.target = TRY(required_text(*map, "a"));
    transport.tags = TRY(tag_list(*map, "g"));
    return transport;
}

Result<std::optional<LockOption>> decode_lock(const CborMap& request)
{
    const CborMap* map = TRY(optional_member<CborMap>(request, "nut10"));
    if (!map)
        return std::optional<LockOption>{};
    LockOption lock;
    lock.kind = TRY(required_text(*map, "k"));
    lock.data = TRY(required_text(*map, "d"));
    lock.tags = TRY(tag_list(*map, "t"));
    return std::optional{std::move(lock)};
}

Result<PaymentRequest> decode_cbor_request(ByteView payload)
{
    const CborValue value = TRY(decode_cbor(payload));
    const CborMap* map = value.as<CborMap>();
    if (!map)
        return fail(Errc::bad_input, "the payment request is no map");
    PaymentRequest request;
    request.id = TRY(optional_value<std::string>(*map, "i"));
    request.amount = TRY(optional_value<uint64_t>(*map, "a"));
    request.unit = TRY(optional_value<std::string>(*map, "u"));
    request.single_use = TRY(optional_value<bool>(*map, "s"));
    request.description = TRY(optional_value<std::string>(*map, "d"));
    const CborArray* mints = TRY(optional_member<CborArray>(*map, "m"));
    if (mints)
        request.mints = TRY(text_list(*mints));
    const CborArray* transports = TRY(optional_member<CborArray>(*map, "t"));
    if (transports) {
        for (const CborValue& element : *transports) {
            PaymentTransport transport = TRY(decode_transport(element));
            request.transports.push_back(std::move(transport));
        }
    }
    request.lock = TRY(decode_lock(*map));
    return request;
}

void write_tags(CborWriter& writer, const std::vector<RequestTag>& tags)
{
    writer.array(tags.size());
    for (const RequestTag& tag : tags) {
        writer.array(tag.size());
        for (const std::string& value : tag)
            writer.text(value);
    }
}

void write_transports(CborWriter& writer, const std::vector<PaymentTransport>& transports)
{
    writer.text("t").array(transports.size());
    for (const PaymentTransport& transport : transports) {
        writer.map(transport.tags.empty() ? 2 : 3);
        writer.text("t").text(transport.type).text("a").text(transport.target);
        if (transport.tags.empty())
            continue;
        writer.text("g");
        write_tags(writer, transport.tags);
    }
}

void write_lock(CborWriter& writer, const LockOption& lock)
{
    writer.text("nut10").map(lock.tags.empty() ? 2 : 3);
    writer.text("k").text(lock.kind).text("d").text(lock.data);
    if (lock.tags.empty())
        return;
    writer.text("t");
    write_tags(writer, lock.tags);
}

size_t member_count(const PaymentRequest& request)
{
    return size_t{request.id.has_value()} + request.amount.has_value() + request.unit.has_value() +
           request.single_use.has_value() + !request.mints.empty() + request.description.has_value() +
           !request.transports.empty() + request.lock.has_value();
}

} // namespace

Result<PaymentRequest> decode_payment_request(std::string_view text)
{
    if (text.size() > kTextLengthMax)
        return fail(Errc::bad_input, "the payment request is longer than {} characters", kTextLengthMax);
    PaymentRequest request;
    if (text.starts_with(kPrefix)) {
        const Bytes payload = TRY(decode_base64_any(text.substr(kPrefix.size())));
        request = TRY(decode_cbor_request(payload));
    } else {
        request = TRY(decode_payment_request_bech32(text));
    }
    if (request.amount && !request.unit)
        return fail(Errc::bad_input, "the payment request names an amount but no unit");
    return request;
}

std::string encode_payment_request(const PaymentRequest& request)
{
    CborWriter writer;
    writer.map(member_count(request));
    if (request.id)
        writer.text("i").text(*request.id);
    if (request.amount)
        writer.text("a").integer(*request.amount);
    if (request.unit)
        writer.text("u").text(*request.unit);
    if (request.single_use)
        writer.text("s").boolean(*request.single_use);
    if (!request.mints.empty()) {
        writer.text("m").array(request.mints.size());
        for (const std::string& mint : request.mints)
            writer.text(mint);
    }
    if (request.description)
        writer.text("d").text(*request.description);
    if (!request.transports.empty())
        write_transports(writer, request.transports);
    if (request.lock)
        write_lock(writer, *request.lock);
    return std::string{kPrefix} + encode_base64url_unpadded(writer.written());
}

Result<PaymentPayload> decode_payment_payload(std::string_view json_text)
{
    const Json body = TRY(parse_json(json_text, kPayloadLimits));
    PaymentPayload payload;
    payload.id = TRY(json_optional_string(body, "id"));
    payload.token.memo = TRY(json_optional_string(body, "memo"));
    payload.token.mint = TRY(json_string(body, "mint"));
    payload.token.unit = TRY(json_string(body, "unit"));
    payload.token.proofs = TRY(wire::proofs(body, "proofs", kProofsMax, wire::WitnessForm::object_too));
    if (payload.token.proofs.empty())
        return fail(Errc::bad_input, "the payment holds no proofs");
    return payload;
}

std::string encode_payment_payload(const PaymentPayload& payload)
{
    OrderedJson body = OrderedJson::object();
    if (payload.id)
        body["id"] = *payload.id;
    if (payload.token.memo)
        body["memo"] = *payload.token.memo;
    body["mint"] = payload.token.mint;
    if (payload.token.unit)
        body["unit"] = *payload.token.unit;
    body["proofs"] = wire::to_json(payload.token.proofs, wire::Audience::payee);
    return dump_json(body);
}

} // namespace berth::cashu
