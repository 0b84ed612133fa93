#pragma once
// BIP-39 mnemonics: 12 English words that carry 128 bits, and the seed made of them.

#include "crypto/random.h"
#include "crypto/secret.h"
#include "util/result.h"

namespace berth::cashu {

/// 12 words in lower case, one blank between them.
[[nodiscard]] crypto::Secret generate_mnemonic(crypto::Random& random);

/// bad_input unless it is 12 words of the list, one blank between them, whose checksum holds.
[[nodiscard]] Result<void> check_mnemonic(std::string_view words);

/// The 64-byte BIP-39 seed of a valid mnemonic.
[[nodiscard]] Result<crypto::Secret> mnemonic_seed(std::string_view words, std::string_view passphrase = "");

} // namespace berth::cashu
