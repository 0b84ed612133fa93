#include "util/base64.h"

namespace berth {

namespace {

constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode(ByteView bytes, std::string_view alphabet, bool padded)
{
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (size_t i = 0; i < bytes.size(); i += 3) {
        const size_t count = std::min<size_t>(3, bytes.size() - i);
        uint32_t group = static_cast<uint32_t>(bytes[i]) << 16;
        if (count > 1)
            group |= static_cast<uint32_t>(bytes[i + 1]) << 8;
        if (count > 2)
            group |= bytes[i + 2];
        for (size_t k = 0; k <= count; ++k)
            out.push_back(alphabet[(group >> (18 - 6 * k)) & 63]);
        if (padded)
            out.append(3 - count, '=');
    }
    return out;
}

int sextet_of(char c, bool url_too)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || (url_too && c == '-'))
        return 62;
    if (c == '/' || (url_too && c == '_'))
        return 63;
    return -1;
}

enum class SpareBits { ignored, must_be_zero };

Result<Bytes> decode_unpadded(std::string_view text, bool url_too, SpareBits spare_bits)
{
    if (text.size() % 4 == 1)
        return fail(Errc::bad_input, "truncated base64 ({} characters)", text.size());
    Bytes out;
    out.reserve(text.size() / 4 * 3 + 2);
    uint32_t buffer = 0;
    int bits = 0;
    for (const char c : text) {
        const int sextet = sextet_of(c, url_too);
        if (sextet < 0)
            return fail(Errc::bad_input, "not a base64 character");
        buffer = buffer << 6 | static_cast<uint32_t>(sextet);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out.push_back(static_cast<uint8_t>(buffer >> bits & 0xff));
        }
    }
    if (spare_bits == SpareBits::must_be_zero && (buffer & ((1u << bits) - 1)) != 0)
        return fail(Errc::bad_input, "base64 ends in bits that belong to no byte");
    return out;
}

size_t padding_of(std::string_view text)
{
    size_t count = 0;
    while (count < 2 && count < text.size() && text[text.size() - 1 - count] == '=')
        ++count;
    return count;
}

} // namespace

std::string encode_base64(ByteView bytes)
{
    return encode(bytes, kStandard, true);
}

std::string encode_base64url_unpadded(ByteView bytes)
{
    return encode(bytes, kUrl, false);
}

Result<Bytes> decode_base64_strict(std::string_view text)
{
    if (text.size() % 4 != 0)
        return fail(Errc::bad_input, "base64 length {} is not a multiple of four", text.size());
    return decode_unpadded(text.substr(0, text.size() - padding_of(text)), false, SpareBits::must_be_zero);
}

Result<Bytes> decode_base64_any(std::string_view text)
{
    const size_t padding = padding_of(text);
    if (padding > 0 && text.size() % 4 != 0)
        return fail(Errc::bad_input, "misplaced base64 padding");
    return decode_unpadded(text.substr(0, text.size() - padding), true, SpareBits::ignored);
}

} // namespace berth
