#include "cashu/cbor.h"

#include "util/utf8.h"

#include <algorithm>
#include <optional>

namespace berth::cashu {

namespace {

enum Major : uint8_t { unsigned_integer, negative_integer, byte_string, text_string, array, map, tag, simple };

constexpr uint8_t kIndefinite = 31;
constexpr uint8_t kBreak = 0xff;
constexpr uint8_t kFalse = 20;
constexpr uint8_t kTrue = 21;
constexpr uint8_t kNull = 22;
constexpr uint8_t kUndefined = 23;

struct Header {
    uint8_t major = 0;
    uint8_t info = 0;
    uint64_t argument = 0;

    [[nodiscard]] bool is_indefinite() const { return info == kIndefinite; }
};

class Decoder {
public:
    Decoder(ByteView bytes, const CborLimits& limits) : rest_{bytes}, limits_{limits} {}

    [[nodiscard]] bool at_end() const { return rest_.empty(); }

    Result<CborValue> item(size_t depth)
    {
        if (depth > limits_.depth_max)
            return fail(Errc::bad_input, "CBOR nested deeper than {}", limits_.depth_max);
        if (++items_ > limits_.items_max)
            return fail(Errc::bad_input, "CBOR of more than {} items", limits_.items_max);
        const Header header = TRY(read_header());
        switch (header.major) {
        case unsigned_integer:
            return CborValue{header.argument};
        case negative_integer:
            return CborValue{CborNegative{header.argument}};
        case byte_string:
            return byte_string_item(header);
        case text_string:
            return text_item(header);
        case array:
            return array_item(header, depth);
        case map:
            return map_item(header, depth);
        case simple:
            return simple_item(header);
        default:
            return fail(Errc::bad_input, "CBOR tags are not accepted");
        }
    }

private:
    Result<Header> read_header()
    {
        const uint8_t first = TRY(read_byte());
        Header header{.major = static_cast<uint8_t>(first >> 5), .info = static_cast<uint8_t>(first & 31)};
        if (header.info < 24) {
            header.argument = header.info;
        } else if (header.info < 28) {
            for (size_t left = size_t{1} << (header.info - 24); left > 0; --left) {
                const uint8_t byte = TRY(read_byte());
                header.argument = header.argument << 8 | byte;
            }
        } else if (!header.is_indefinite() || (header.major != array && header.major != map)) {
            return fail(Errc::bad_input, "a malformed CBOR header");
        }
        return header;
    }

    Result<uint8_t> read_byte()
    {
        if (rest_.empty())
            return fail(Errc::bad_input, "CBOR ends too early");
        const uint8_t byte = rest_.front();
        rest_ = rest_.subspan(1);
        return byte;
    }

    Result<ByteView> read_string(const Header& header)
    {
        if (header.argument > limits_.string_bytes_max || header.argument > rest_.size())
            return fail(Errc::bad_input, "a CBOR string claims {} bytes", header.argument);
        const ByteView bytes = rest_.first(header.argument);
        rest_ = rest_.subspan(header.argument);
        return bytes;
    }

    Result<CborValue> byte_string_item(const Header& header)
    {
        const ByteView bytes = TRY(read_string(header));
        return CborValue{Bytes{bytes.begin(), bytes.end()}};
    }

    Result<CborValue> text_item(const Header& header)
    {
        const ByteView bytes = TRY(read_string(header));
        if (!is_valid_utf8(as_text(bytes)))
            return fail(Errc::bad_input, "CBOR text is not valid UTF-8");
        return CborValue{std::string{as_text(bytes)}};
    }

    /// Whether another element follows in the array or map that began with `header`.
    Result<bool> has_next(const Header& header, size_t count)
    {
        if (!header.is_indefinite())
            return count < header.argument;
        if (rest_.empty())
            return fail(Errc::bad_input, "CBOR ends too early");
        if (rest_.front() != kBreak)
            return true;
        rest_ = rest_.subspan(1);
        return false;
    }

    Result<CborValue> array_item(const Header& header, size_t depth)
    {
        CborArray elements;
        for (;;) {
            const bool more = TRY(has_next(header, elements.size()));
            if (!more)
                return CborValue{std::move(elements)};
            CborValue element = TRY(item(depth + 1));
            elements.push_back(std::move(element));
        }
    }

    Result<CborValue> map_item(const Header& header, size_t depth)
    {
        CborMap members;
        for (;;) {
            const bool more = TRY(has_next(header, members.size()));
            if (!more)
                break;
            CborValue key = TRY(item(depth + 1));
            auto* text = std::get_if<std::string>(&key.data);
            if (!text)
                return fail(Errc::bad_input, "a CBOR map key that is no text");
            CborValue value = TRY(item(depth + 1));
            members.push_back(CborMember{std::move(*text), std::move(value)});
        }
        std::vector<std::string_view> keys;
        keys.reserve(members.size());
        for (const CborMember& member : members)
            keys.push_back(member.key);
        std::sort(keys.begin(), keys.end());
        if (std::adjacent_find(keys.begin(), keys.end()) != keys.end())
            return fail(Errc::bad_input, "a CBOR map key appears twice");
        return CborValue{std::move(members)};
    }

    static Result<CborValue> simple_item(const Header& header)
    {
        switch (header.info) {
        case kFalse:
            return CborValue{false};
        case kTrue:
            return CborValue{true};
        case kNull:
        case kUndefined:
            return CborValue{CborNull{}};
        default:
            return fail(Errc::bad_input, "CBOR floats and other simple values are not accepted");
        }
    }

    ByteView rest_;
    const CborLimits limits_;
    size_t items_ = 0;
};

} // namespace

Result<CborValue> decode_cbor(ByteView bytes, const CborLimits& limits)
{
    Decoder decoder{bytes, limits};
    CborValue value = TRY(decoder.item(1));
    if (!decoder.at_end())
        return fail(Errc::bad_input, "bytes follow the CBOR item");
    return value;
}

const CborValue* find_member(const CborMap& map, std::string_view key)
{
    const auto found =
        std::find_if(map.begin(), map.end(), [key](const CborMember& member) { return member.key == key; });
    return found == map.end() || found->value.is_null() ? nullptr : &found->value;
}

void CborWriter::header(uint8_t major, uint64_t argument)
{
    const auto type = static_cast<uint8_t>(major << 5);
    if (argument < 24) {
        out_.push_back(static_cast<uint8_t>(type | argument));
        return;
    }
    const uint8_t width_log2 = argument <= 0xff ? 0 : argument <= 0xffff ? 1 : argument <= 0xffffffff ? 2 : 3;
    out_.push_back(static_cast<uint8_t>(type | (24 + width_log2)));
    for (int shift = 8 * ((1 << width_log2) - 1); shift >= 0; shift -= 8)
        out_.push_back(static_cast<uint8_t>(argument >> shift));
}

CborWriter& CborWriter::integer(uint64_t value)
{
    header(unsigned_integer, value);
    return *this;
}

CborWriter& CborWriter::boolean(bool value)
{
    header(simple, value ? kTrue : kFalse);
    return *this;
}

CborWriter& CborWriter::bytes(ByteView value)
{
    header(byte_string, value.size());
    out_.insert(out_.end(), value.begin(), value.end());
    return *this;
}

CborWriter& CborWriter::text(std::string_view value)
{
    header(text_string, value.size());
    out_.insert(out_.end(), value.begin(), value.end());
    return *this;
}

CborWriter& CborWriter::array(size_t count)
{
    header(Major::array, count);
    return *this;
}

CborWriter& CborWriter::map(size_t count)
{
    header(Major::map, count);
    return *this;
}

} // namespace berth::cashu
