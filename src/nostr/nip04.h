#pragma once
// NIP-04 encryption, which kind-4 messages use. It carries no authentication: only the event's signature protects it,
// so verify the event before decrypting.

#include "nostr/keys.h"

namespace berth::nostr::nip04 {

inline constexpr size_t kContentCharactersMax = 131'072;

/// The raw x coordinate of the shared point; bad_input if the peer's key is off the curve.
[[nodiscard]] Result<crypto::Secret> shared_key(const SecretKey& own_key, const Bytes32& peer);

[[nodiscard]] std::string encrypt(const crypto::Secret& shared_key, std::string_view plaintext, crypto::Random& random);

/// One bad_input for every failure, so that nobody can use us as a padding oracle. The plaintext is valid UTF-8.
[[nodiscard]] Result<std::string> decrypt(const crypto::Secret& shared_key, std::string_view content);

} // namespace berth::nostr::nip04
