#include "nostr/nip49.h"

#include "crypto/aead.h"
#include "crypto/scrypt.h"
#include "util/bech32.h"

#include <algorithm>

namespace berth::nostr {

namespace {

constexpr std::string_view kPrefix = "ncryptsec";
constexpr uint8_t kVersion = 2;
constexpr size_t kSaltSize = 16;
constexpr size_t kTextCharactersMax = 200;

// version 1 | log_n 1 | salt 16 | nonce 24 | key security 1 | ciphertext 32 + tag 16
constexpr size_t kSaltAt = 2;
constexpr size_t kNonceAt = kSaltAt + kSaltSize;
constexpr size_t kSecurityAt = kNonceAt + 24;
constexpr size_t kSealedAt = kSecurityAt + 1;
constexpr size_t kSize = kSealedAt + 32 + 16;

} // namespace

Result<std::string> encrypt_secret_key(const SecretKey& secret_key, std::string_view password,
                                       const EncryptOptions& options, crypto::Random& random)
{
    if (std::any_of(password.begin(), password.end(), [](char c) { return static_cast<uint8_t>(c) >= 0x80; }))
        return fail(Errc::bad_input, "the password must be ASCII");
    std::array<uint8_t, kSaltSize> salt{};
    random.fill(salt);
    const crypto::Secret key = TRY(crypto::scrypt32(password, salt, options.log_rounds));
    crypto::XChaChaNonce nonce{};
    random.fill(nonce);
    const auto security = static_cast<uint8_t>(options.security);
    const Bytes sealed =
        crypto::seal_xchacha20_poly1305(key.expose(), nonce, ByteView{&security, 1}, secret_key.expose());

    Bytes data{kVersion, static_cast<uint8_t>(options.log_rounds)};
    data.insert(data.end(), salt.begin(), salt.end());
    data.insert(data.end(), nonce.begin(), nonce.end());
    data.push_back(security);
    data.insert(data.end(), sealed.begin(), sealed.end());
    return encode_bech32(kPrefix, data);
}

Result<DecryptedSecretKey> decrypt_secret_key(std::string_view ncryptsec, std::string_view password)
{
    const Bech32 text = TRY(decode_bech32(ncryptsec, kTextCharactersMax));
    if (text.prefix != kPrefix || text.data.size() != kSize || text.data[0] != kVersion)
        return fail(Errc::bad_input, "not an encrypted secret key of version {}", kVersion);
    const ByteView data{text.data};
    const uint8_t security = data[kSecurityAt];
    if (security > static_cast<uint8_t>(KeySecurity::unknown))
        return fail(Errc::bad_input, "encrypted secret key with security byte {}", security);
    const crypto::Secret key = TRY(crypto::scrypt32(password, data.subspan(kSaltAt, kSaltSize), data[1]));
    crypto::XChaChaNonce nonce{};
    std::copy_n(data.begin() + kNonceAt, nonce.size(), nonce.begin());
    const auto opened =
        crypto::open_xchacha20_poly1305(key.expose(), nonce, data.subspan(kSecurityAt, 1), data.subspan(kSealedAt));
    if (!opened)
        return fail(Errc::bad_input, "wrong password, or a damaged encrypted key");
    SecretKey secret_key = TRY(SecretKey::create(opened->expose()));
    return DecryptedSecretKey{std::move(secret_key), static_cast<KeySecurity>(security)};
}

} // namespace berth::nostr
