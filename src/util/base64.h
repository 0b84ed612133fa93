#pragma once
// Base64 (RFC 4648), both alphabets. Our own, because OpenSSL's EVP_DecodeBlock forgives blanks and bad padding.

#include "util/bytes.h"
#include "util/result.h"

namespace berth {

[[nodiscard]] std::string encode_base64(ByteView bytes);             ///< standard alphabet, padded
[[nodiscard]] std::string encode_base64url_unpadded(ByteView bytes); ///< url alphabet, no padding

/// Standard alphabet, length a multiple of four, padding only at the end, spare bits zero: one text for
/// each sequence of bytes.
[[nodiscard]] Result<Bytes> decode_base64_strict(std::string_view text);

/// Either alphabet, padding present or absent (NUT-00 tokens are seen in all forms).
[[nodiscard]] Result<Bytes> decode_base64_any(std::string_view text);

} // namespace berth
