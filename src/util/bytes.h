#pragma once
// The byte types every folder speaks.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace berth {

using Bytes = std::vector<uint8_t>;
using ByteView = std::span<const uint8_t>;
using Bytes32 = std::array<uint8_t, 32>;
using Bytes33 = std::array<uint8_t, 33>;
using Bytes64 = std::array<uint8_t, 64>;

/// Views the characters of a text as bytes. The text must outlive the view.
[[nodiscard]] inline ByteView as_bytes(std::string_view text)
{
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

/// Views bytes as text, unchecked. The bytes must outlive the view.
[[nodiscard]] inline std::string_view as_text(ByteView bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace berth
