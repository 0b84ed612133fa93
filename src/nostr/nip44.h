#pragma once
// NIP-44 version 2: authenticated encryption between two keys. The event around a payload must already be verified.

#include "crypto/cipher.h"
#include "nostr/keys.h"

namespace berth::nostr::nip44 {

/// What we accept: 81 920 bytes of plaintext.
inline constexpr size_t kPayloadCharactersMax = 131'072;
/// What we send: the last length that fits the two-byte prefix, because many peers don't read the extended form.
inline constexpr size_t kPlaintextBytesMax = 65'535;

/// Symmetric in the two parties. bad_input if the peer's key is off the curve.
[[nodiscard]] Result<crypto::Secret> conversation_key(const SecretKey& own_key, const Bytes32& peer);

struct MessageKeys {
    crypto::Secret chacha_key;
    crypto::ChaChaNonce chacha_nonce{};
    crypto::Secret hmac_key;
};
[[nodiscard]] MessageKeys message_keys(const crypto::Secret& conversation_key, const Bytes32& nonce);

/// Length after padding, without the prefix; the length must not be 0.
[[nodiscard]] uint64_t padded_length(uint64_t length);

/// bad_input for empty text and for more than kPlaintextBytesMax.
[[nodiscard]] Result<std::string> encrypt(const crypto::Secret& conversation_key, std::string_view plaintext,
                                          crypto::Random& random);
/// With a chosen nonce, and with the extended prefix from 65 536 bytes on. A nonce must never be used twice.
[[nodiscard]] Result<std::string> encrypt_with_nonce(const crypto::Secret& conversation_key, std::string_view plaintext,
                                                     const Bytes32& nonce);

/// Both prefixes are read. The plaintext is valid UTF-8. Never tell a stranger which check failed.
[[nodiscard]] Result<std::string> decrypt(const crypto::Secret& conversation_key, std::string_view payload,
                                          size_t payload_characters_max = kPayloadCharactersMax);

} // namespace berth::nostr::nip44
