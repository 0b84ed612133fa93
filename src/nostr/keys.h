#pragma once
// Nostr keys: a 32-byte x-only public key and a secret scalar, in hex, bech32 (NIP-19) and in 0600 files.

#include "crypto/secp256k1.h"
#include "util/bytes.h"
#include "util/result.h"

#include <compare>
#include <filesystem>

namespace berth::nostr {

using SecretKey = crypto::Scalar;

/// A public key that lies on the curve.
class PublicKey {
public:
    /// 64 lower-case hex characters, as in events.
    [[nodiscard]] static Result<PublicKey> parse_hex(std::string_view text);
    /// What people write: hex of either case, npub1…, nprofile1…, each with an optional `nostr:` prefix (NIP-19,
    /// NIP-21).
    [[nodiscard]] static Result<PublicKey> parse(std::string_view text);
    [[nodiscard]] static PublicKey of(const SecretKey& secret_key);

    [[nodiscard]] const Bytes32& bytes() const { return bytes_; }
    [[nodiscard]] std::string hex() const;
    [[nodiscard]] std::string npub() const;
    auto operator<=>(const PublicKey&) const = default;

private:
    explicit PublicKey(const Bytes32& bytes) : bytes_{bytes} {}
    Bytes32 bytes_{};
};

/// nsec1…, 64 hex characters or the words of a mnemonic without passphrase (NIP-06, account 0); white space around them
/// is ignored. The message never repeats the input.
[[nodiscard]] Result<SecretKey> parse_secret_key(std::string_view text);
[[nodiscard]] std::string encode_nsec(const SecretKey& secret_key);

/// Reads a key file. refused when group or others may read it (mode must be 0600 or less), not_found when missing.
[[nodiscard]] Result<SecretKey> load_secret_key(const std::filesystem::path& file);
/// Creates a key file with mode 0600; conflict when it exists.
[[nodiscard]] Result<void> save_secret_key(const std::filesystem::path& file, const SecretKey& secret_key);

} // namespace berth::nostr
