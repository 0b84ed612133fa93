#pragma once
// XChaCha20-Poly1305 (the encryption of NIP-49), composed of OpenSSL's ChaCha20 and ChaCha20-Poly1305.

#include "crypto/secret.h"
#include "util/result.h"

namespace berth::crypto {

using XChaChaNonce = std::array<uint8_t, 24>;

/// Ciphertext with the 16-byte tag at its end.
[[nodiscard]] Bytes seal_xchacha20_poly1305(ByteView key32, const XChaChaNonce& nonce, ByteView additional_data,
                                            ByteView plaintext);

/// bad_input when the key, the nonce, the additional data or any bit of the text is not what was sealed.
[[nodiscard]] Result<Secret> open_xchacha20_poly1305(ByteView key32, const XChaChaNonce& nonce,
                                                     ByteView additional_data, ByteView sealed);

} // namespace berth::crypto
