#pragma once
// NIP-49: a secret key under a password, as `ncryptsec1…` text, for keys at rest.

#include "nostr/keys.h"

namespace berth::nostr {

/// How the key was handled before it was encrypted (NIP-49).
enum class KeySecurity : uint8_t { known_leaked = 0, not_leaked = 1, unknown = 2 };

struct EncryptOptions {
    unsigned log_rounds = 16; ///< 64 MiB and some 0.1 s; 1 to 22
    KeySecurity security = KeySecurity::unknown;
};

/// bad_input for a password that is not ASCII: NIP-49 wants such passwords normalised (NFKC), which we can't do, and a
/// key that another client can't open is lost.
[[nodiscard]] Result<std::string> encrypt_secret_key(const SecretKey& secret_key, std::string_view password,
                                                     const EncryptOptions& options, crypto::Random& random);

struct DecryptedSecretKey {
    SecretKey secret_key;
    KeySecurity security = KeySecurity::unknown;
};

/// The password's bytes are taken as they are, so those that are not ASCII must come in NFKC form. bad_input for a
/// wrong password too: nothing tells it from damaged text.
[[nodiscard]] Result<DecryptedSecretKey> decrypt_secret_key(std::string_view ncryptsec, std::string_view password);

} // namespace berth::nostr
