#pragma once
// Nostr keys out of the words of a BIP-39 mnemonic (NIP-06).

#include "nostr/keys.h"

namespace berth::nostr {

/// The key at m/44'/1237'/account'/0/0. bad_input unless the words are a valid mnemonic and `account` is below 2^31.
[[nodiscard]] Result<SecretKey> key_from_mnemonic(std::string_view words, std::string_view passphrase = "",
                                                  uint32_t account = 0);

} // namespace berth::nostr
