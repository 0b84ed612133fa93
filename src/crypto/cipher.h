#pragma once
// AES-256-CBC (NIP-04) and ChaCha20 (NIP-44), from OpenSSL.

#include "util/bytes.h"
#include "util/result.h"

namespace berth::crypto {

using AesIv = std::array<uint8_t, 16>;
using ChaChaNonce = std::array<uint8_t, 12>;

/// PKCS#7 padded.
[[nodiscard]] Bytes encrypt_aes256_cbc(ByteView key32, const AesIv& iv, ByteView plaintext);
/// One bad_input for every kind of failure, so that no caller can become a padding oracle.
[[nodiscard]] Result<Bytes> decrypt_aes256_cbc(ByteView key32, const AesIv& iv, ByteView ciphertext);

/// RFC 8439 key stream from block counter 0, xored over the input; its own inverse.
[[nodiscard]] Bytes chacha20(ByteView key32, const ChaChaNonce& nonce, ByteView input);

} // namespace berth::crypto
