#include "util/bech32.h"

#include <algorithm>

namespace berth {

namespace {

constexpr std::string_view kAlphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr size_t kChecksumLength = 6;

uint32_t constant_of(Bech32Form form)
{
    return form == Bech32Form::bech32 ? 1 : 0x2bc830a3;
}

uint32_t polymod(uint32_t checksum, uint8_t value)
{
    static constexpr std::array<uint32_t, 5> generator{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};
    const uint32_t top = checksum >> 25;
    checksum = (checksum & 0x1ffffff) << 5 ^ value;
    for (size_t i = 0; i < generator.size(); ++i)
        if (top >> i & 1)
            checksum ^= generator[i];
    return checksum;
}

uint32_t checksum_of(std::string_view prefix, ByteView values)
{
    uint32_t checksum = 1;
    for (const char c : prefix)
        checksum = polymod(checksum, static_cast<uint8_t>(c) >> 5);
    checksum = polymod(checksum, 0);
    for (const char c : prefix)
        checksum = polymod(checksum, static_cast<uint8_t>(c) & 31);
    for (const uint8_t value : values)
        checksum = polymod(checksum, value);
    return checksum;
}

Bytes to_fives(ByteView data)
{
    Bytes out;
    uint32_t buffer = 0;
    int bits = 0;
    for (const uint8_t byte : data) {
        buffer = (buffer << 8 | byte) & 0xffff;
        bits += 8;
        while (bits >= 5) {
            bits -= 5;
            out.push_back(static_cast<uint8_t>(buffer >> bits & 31));
        }
    }
    if (bits > 0)
        out.push_back(static_cast<uint8_t>(buffer << (5 - bits) & 31));
    return out;
}

Result<Bytes> to_eights(ByteView values)
{
    Bytes out;
    uint32_t buffer = 0;
    int bits = 0;
    for (const uint8_t value : values) {
        buffer = (buffer << 5 | value) & 0xffff;
        bits += 5;
        if (bits >= 8) {
            bits -= 8;
            out.push_back(static_cast<uint8_t>(buffer >> bits & 0xff));
        }
    }
    if (bits >= 5 || (buffer & ((1u << bits) - 1)) != 0)
        return fail(Errc::bad_input, "bech32 payload has bad padding bits");
    return out;
}

} // namespace

std::string encode_bech32(std::string_view prefix, ByteView data, Bech32Form form)
{
    return encode_bech32_words(prefix, to_fives(data), form);
}

std::string encode_bech32_words(std::string_view prefix, Bytes values, Bech32Form form)
{
    const size_t payload_length = values.size();
    values.insert(values.end(), kChecksumLength, 0);
    const uint32_t checksum = checksum_of(prefix, values) ^ constant_of(form);
    for (size_t i = 0; i < kChecksumLength; ++i)
        values[payload_length + i] = static_cast<uint8_t>(checksum >> 5 * (5 - i) & 31);
    std::string out{prefix};
    out.push_back('1');
    for (const uint8_t value : values)
        out.push_back(kAlphabet[value]);
    return out;
}

Result<Bech32Words> decode_bech32_words(std::string_view text, size_t characters_max, Bech32Form form)
{
    if (text.size() > characters_max)
        return fail(Errc::bad_input, "bech32 text of {} characters, limit {}", text.size(), characters_max);
    const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
    const bool upper = std::any_of(text.begin(), text.end(), is_upper);
    if (upper && std::any_of(text.begin(), text.end(), is_lower))
        return fail(Errc::bad_input, "bech32 text mixes upper and lower case");
    std::string lower{text};
    if (upper)
        std::transform(lower.begin(), lower.end(), lower.begin(),
                       [&](char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; });

    const size_t separator = lower.rfind('1');
    if (separator == std::string::npos || separator == 0 || separator + 1 + kChecksumLength > lower.size())
        return fail(Errc::bad_input, "not bech32 text");
    const std::string_view prefix = std::string_view{lower}.substr(0, separator);
    if (std::any_of(prefix.begin(), prefix.end(), [](char c) { return c < 33 || c > 126; }))
        return fail(Errc::bad_input, "bech32 prefix has a bad character");
    Bytes values;
    for (const char c : std::string_view{lower}.substr(separator + 1)) {
        const size_t value = kAlphabet.find(c);
        if (value == std::string_view::npos)
            return fail(Errc::bad_input, "not a bech32 character");
        values.push_back(static_cast<uint8_t>(value));
    }
    if (checksum_of(prefix, values) != constant_of(form))
        return fail(Errc::bad_input, "bech32 checksum does not match");
    values.resize(values.size() - kChecksumLength);
    return Bech32Words{std::string{prefix}, std::move(values)};
}

Result<Bech32> decode_bech32(std::string_view text, size_t characters_max, Bech32Form form)
{
    Bech32Words decoded = TRY(decode_bech32_words(text, characters_max, form));
    Bytes data = TRY(to_eights(decoded.words));
    return Bech32{std::move(decoded.prefix), std::move(data)};
}

} // namespace berth
