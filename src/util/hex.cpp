#include "util/hex.h"

namespace berth {

namespace {

int digit_of(char c, HexCase letters)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (letters == HexCase::any && c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

} // namespace

std::string encode_hex(ByteView bytes)
{
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const uint8_t byte : bytes) {
        out.push_back(digits[byte >> 4]);
        out.push_back(digits[byte & 15]);
    }
    return out;
}

Result<Bytes> decode_hex(std::string_view text, HexCase letters)
{
    if (text.size() % 2 != 0)
        return fail(Errc::bad_input, "odd number of hex characters ({})", text.size());
    Bytes out;
    out.reserve(text.size() / 2);
    for (size_t i = 0; i < text.size(); i += 2) {
        const int high = digit_of(text[i], letters);
        const int low = digit_of(text[i + 1], letters);
        if (high < 0 || low < 0)
            return fail(Errc::bad_input, "not a hex digit at position {}", i);
        out.push_back(static_cast<uint8_t>(high * 16 + low));
    }
    return out;
}

} // namespace berth
