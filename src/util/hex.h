#pragma once
// Hexadecimal text. Output is lower case.

#include "util/bytes.h"
#include "util/result.h"

#include <algorithm>

namespace berth {

enum class HexCase { lower_only, any };

[[nodiscard]] std::string encode_hex(ByteView bytes);

/// Any even length; bad_input for other characters, or for upper case where only lower is allowed.
[[nodiscard]] Result<Bytes> decode_hex(std::string_view text, HexCase letters = HexCase::lower_only);

/// Exactly N bytes of hex.
template <size_t N>
[[nodiscard]] Result<std::array<uint8_t, N>> decode_hex_array(std::string_view text,
                                                              HexCase letters = HexCase::lower_only)
{
    if (text.size() != 2 * N)
        return fail(Errc::bad_input, "expected {} hex characters, got {}", 2 * N, text.size());
    const Bytes bytes = TRY(decode_hex(text, letters));
    std::array<uint8_t, N> out{};
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return out;
}

} // namespace berth
