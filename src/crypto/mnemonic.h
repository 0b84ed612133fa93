#pragma once
// BIP-39 mnemonics: 12, 15, 18, 21 or 24 English words that carry 128 to 256 bits, and the seed made of them.

#include "crypto/random.h"
#include "crypto/secret.h"
#include "util/result.h"

namespace berth::crypto {

/// Words in lower case, one blank between them. `word_count` is one of BIP-39's.
[[nodiscard]] Secret generate_mnemonic(Random& random, size_t word_count = 12);

/// bad_input unless it is words of the list in one of BIP-39's counts, one blank between them, whose checksum holds.
/// The message never repeats a word.
[[nodiscard]] Result<void> check_mnemonic(std::string_view words);

/// The 64-byte BIP-39 seed of a valid mnemonic. A passphrase is taken as it is: other than ASCII must be in NFKD.
[[nodiscard]] Result<Secret> mnemonic_seed(std::string_view words, std::string_view passphrase = "");

} // namespace berth::crypto
