#include "cashu/payment_request_bech32.h"

#include "util/bech32.h"
#include "util/utf8.h"

#include <algorithm>

namespace berth::cashu {

namespace {

constexpr std::string_view kPrefix = "creqb";
constexpr size_t kTextLengthMax = 16 * 1024;

enum Field : uint8_t { id = 1, amount, unit, single_use, mint, description, transport, lock };
enum TransportField : uint8_t { transport_kind = 1, transport_target, transport_tag };
enum LockField : uint8_t { lock_kind = 1, lock_data, lock_tag };
enum Kind : uint8_t { nostr_or_p2pk = 0, post_or_htlc = 1 };
enum ProfileField : uint8_t { profile_key = 0, profile_relay = 1 };
constexpr uint8_t kUnitSat = 0;

struct Record {
    uint8_t type = 0;
    ByteView value;
};

void append(Bytes& out, ByteView bytes)
{
    out.insert(out.end(), bytes.begin(), bytes.end());
}

Result<std::vector<Record>> read_records(ByteView rest)
{
    std::vector<Record> out;
    while (!rest.empty()) {
        if (rest.size() < 3)
            return fail(Errc::bad_input, "the payment request ends within a record");
        const size_t length = static_cast<size_t>(rest[1]) << 8 | rest[2];
        if (rest.size() - 3 < length)
            return fail(Errc::bad_input, "the payment request ends within a record");
        out.push_back({rest[0], rest.subspan(3, length)});
        rest = rest.subspan(3 + length);
    }
    return out;
}

Result<void> write_record(Bytes& out, uint8_t type, ByteView value)
{
    if (value.size() > 0xffff)
        return fail(Errc::bad_input, "a value of {} bytes is too long for a payment request", value.size());
    append(out, Bytes{type, static_cast<uint8_t>(value.size() >> 8), static_cast<uint8_t>(value.size())});
    append(out, value);
    return {};
}

Result<std::string> text_of(ByteView value)
{
    if (!is_valid_utf8(as_text(value)))
        return fail(Errc::bad_input, "the payment request holds text that is not UTF-8");
    return std::string{as_text(value)};
}

Result<uint8_t> byte_of(ByteView value)
{
    if (value.size() != 1)
        return fail(Errc::bad_input, "a record of the payment request must have one byte");
    return value[0];
}

/// Strings, each behind its length in one byte.
Result<RequestTag> read_tag(ByteView rest)
{
    RequestTag tag;
    while (!rest.empty()) {
        const size_t length = rest[0];
        if (rest.size() - 1 < length)
            return fail(Errc::bad_input, "the payment request ends within a tag");
        std::string value = TRY(text_of(rest.subspan(1, length)));
        tag.push_back(std::move(value));
        rest = rest.subspan(1 + length);
    }
    return tag;
}

Result<void> write_tag(Bytes& out, uint8_t type, const RequestTag& tag)
{
    Bytes value;
    for (const std::string& element : tag) {
        if (element.size() > 0xff)
            return fail(Errc::bad_input, "a tag value of {} bytes is too long for a payment request", element.size());
        value.push_back(static_cast<uint8_t>(element.size()));
        append(value, as_bytes(element));
    }
    return write_record(out, type, value);
}

/// NIP-19 nprofile of a key and its relays.
Result<std::string> encode_profile(ByteView key, const std::vector<std::string>& relays)
{
    if (key.size() != 32)
        return fail(Errc::bad_input, "a nostr target must be a key of 32 bytes");
    Bytes data{profile_key, 32};
    append(data, key);
    for (const std::string& relay : relays) {
        append(data, Bytes{profile_relay, static_cast<uint8_t>(relay.size())});
        append(data, as_bytes(relay));
    }
    return encode_bech32("nprofile", data);
}

struct Profile {
    Bytes key;
    std::vector<std::string> relays;
};

Result<Profile> decode_profile(std::string_view text)
{
    const Bech32 decoded = TRY(decode_bech32(text));
    Profile profile;
    if (decoded.prefix == "npub") {
        profile.key = decoded.data;
    } else if (decoded.prefix != "nprofile") {
        return fail(Errc::bad_input, "a nostr target must be an nprofile or npub");
    } else {
        for (ByteView rest{decoded.data}; !rest.empty();) {
            if (rest.size() < 2 || rest.size() - 2 < rest[1])
                return fail(Errc::bad_input, "an nprofile ends too early");
            const ByteView value = rest.subspan(2, rest[1]);
            if (rest[0] == profile_key)
                profile.key.assign(value.begin(), value.end());
            else if (rest[0] == profile_relay)
                profile.relays.emplace_back(as_text(value));
            rest = rest.subspan(2 + value.size());
        }
    }
    if (profile.key.size() != 32)
        return fail(Errc::bad_input, "a nostr target holds no key");
    return profile;
}

Result<PaymentTransport> read_transport(ByteView bytes)
{
    const std::vector<Record> records = TRY(read_records(bytes));
    std::optional<uint8_t> kind;
    std::optional<ByteView> target;
    PaymentTransport out;
    std::vector<std::string> relays;
    for (const Record& record : records) {
        if (record.type == transport_kind) {
            kind = TRY(byte_of(record.value));
        } else if (record.type == transport_target) {
            target = record.value;
        } else if (record.type == transport_tag) {
            RequestTag tag = TRY(read_tag(record.value));
            // Relays are spelt as tags there, and belong into the nprofile.
            if (kind == nostr_or_p2pk && tag.size() == 2 && tag[0] == "r")
                relays.push_back(tag[1]);
            else
                out.tags.push_back(std::move(tag));
        }
    }
    if (!kind || !target || *kind > post_or_htlc)
        return fail(Errc::bad_input, "a transport without a known kind, or without a target");
    out.type = *kind == nostr_or_p2pk ? "nostr" : "post";
    out.target = TRY(*kind == nostr_or_p2pk ? encode_profile(*target, relays) : text_of(*target));
    return out;
}

Result<void> write_transport(Bytes& out, const PaymentTransport& value)
{
    const bool is_nostr = value.type == "nostr";
    if (!is_nostr && value.type != "post")
        return fail(Errc::bad_input, "this form has no transport but nostr and post");
    Bytes bytes;
    TRY(write_record(bytes, transport_kind, Bytes{is_nostr ? nostr_or_p2pk : post_or_htlc}));
    std::vector<std::string> relays;
    if (is_nostr) {
        const Profile profile = TRY(decode_profile(value.target));
        TRY(write_record(bytes, transport_target, profile.key));
        relays = profile.relays;
    } else {
        TRY(write_record(bytes, transport_target, as_bytes(value.target)));
    }
    for (const RequestTag& tag : value.tags)
        TRY(write_tag(bytes, transport_tag, tag));
    for (const std::string& relay : relays)
        TRY(write_tag(bytes, transport_tag, {"r", relay}));
    return write_record(out, transport, bytes);
}

Result<LockOption> read_lock(ByteView bytes)
{
    const std::vector<Record> records = TRY(read_records(bytes));
    LockOption out;
    for (const Record& record : records) {
        if (record.type == lock_kind) {
            const uint8_t kind = TRY(byte_of(record.value));
            if (kind > post_or_htlc)
                return fail(Errc::bad_input, "a lock of an unknown kind");
            out.kind = kind == nostr_or_p2pk ? "P2PK" : "HTLC";
        } else if (record.type == lock_data) {
            out.data = TRY(text_of(record.value));
        } else if (record.type == lock_tag) {
            RequestTag tag = TRY(read_tag(record.value));
            out.tags.push_back(std::move(tag));
        }
    }
    if (out.kind.empty() || out.data.empty())
        return fail(Errc::bad_input, "a lock without kind or data");
    return out;
}

Result<void> write_lock(Bytes& out, const LockOption& value)
{
    if (value.kind != "P2PK" && value.kind != "HTLC")
        return fail(Errc::bad_input, "this form has no lock but P2PK and HTLC");
    Bytes bytes;
    TRY(write_record(bytes, lock_kind, Bytes{value.kind == "P2PK" ? nostr_or_p2pk : post_or_htlc}));
    TRY(write_record(bytes, lock_data, as_bytes(value.data)));
    for (const RequestTag& tag : value.tags)
        TRY(write_tag(bytes, lock_tag, tag));
    return write_record(out, lock, bytes);
}

Result<Amount> amount_of(ByteView value)
{
    if (value.size() != 8)
        return fail(Errc::bad_input, "the amount of a payment request must have 8 bytes");
    Amount out = 0;
    for (const uint8_t byte : value)
        out = out << 8 | byte;
    return out;
}

Result<std::string> unit_of(ByteView value)
{
    if (value.size() == 1 && value[0] == kUnitSat)
        return std::string{"sat"};
    return text_of(value);
}

Result<void> read_field(PaymentRequest& request, const Record& record)
{
    const ByteView value = record.value;
    if (record.type == id) {
        request.id = TRY(text_of(value));
    } else if (record.type == amount) {
        request.amount = TRY(amount_of(value));
    } else if (record.type == unit) {
        request.unit = TRY(unit_of(value));
    } else if (record.type == single_use) {
        const uint8_t flag = TRY(byte_of(value));
        request.single_use = flag != 0;
    } else if (record.type == mint) {
        std::string url = TRY(text_of(value));
        request.mints.push_back(std::move(url));
    } else if (record.type == description) {
        request.description = TRY(text_of(value));
    } else if (record.type == transport) {
        PaymentTransport read = TRY(read_transport(value));
        request.transports.push_back(std::move(read));
    } else if (record.type == lock) {
        request.lock = TRY(read_lock(value));
    }
    return {};
}

Bytes unit_bytes(const std::string& text)
{
    if (text == "sat")
        return Bytes{kUnitSat};
    return Bytes{text.begin(), text.end()};
}

std::string upper_case(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return text;
}

} // namespace

Result<PaymentRequest> decode_payment_request_bech32(std::string_view text)
{
    const Bech32 decoded = TRY(decode_bech32(text, kTextLengthMax, Bech32Form::bech32m));
    if (decoded.prefix != kPrefix)
        return fail(Errc::bad_input, "not a payment request");
    const std::vector<Record> records = TRY(read_records(decoded.data));
    PaymentRequest request;
    for (const Record& record : records)
        TRY(read_field(request, record));
    return request;
}

Result<std::string> encode_payment_request_bech32(const PaymentRequest& request)
{
    Bytes out;
    if (request.id)
        TRY(write_record(out, id, as_bytes(*request.id)));
    if (request.amount) {
        Bytes big_endian;
        for (int shift = 56; shift >= 0; shift -= 8)
            big_endian.push_back(static_cast<uint8_t>(*request.amount >> shift));
        TRY(write_record(out, amount, big_endian));
    }
    if (request.unit)
        TRY(write_record(out, unit, unit_bytes(*request.unit)));
    if (request.single_use)
        TRY(write_record(out, single_use, Bytes{uint8_t{*request.single_use}}));
    for (const std::string& url : request.mints)
        TRY(write_record(out, mint, as_bytes(url)));
    if (request.description)
        TRY(write_record(out, description, as_bytes(*request.description)));
    for (const PaymentTransport& value : request.transports)
        TRY(write_transport(out, value));
    if (request.lock)
        TRY(write_lock(out, *request.lock));
    return upper_case(encode_bech32(kPrefix, out, Bech32Form::bech32m));
}

} // namespace berth::cashu
