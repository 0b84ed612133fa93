#include "nostr/nip44.h"

#include "crypto/hash.h"
#include "util/base64.h"
#include "util/check.h"
#include "util/utf8.h"

#include <algorithm>
#include <bit>

namespace berth::nostr::nip44 {

namespace {

constexpr uint8_t kVersion = 2;
constexpr size_t kNonceBytes = 32;
constexpr size_t kMacBytes = 32;
constexpr size_t kPayloadCharactersMin = 132;
constexpr size_t kPayloadBytesMin = 99;
constexpr uint64_t kExtendedFrom = 65'536;
constexpr size_t kShortPrefixBytes = 2;
constexpr size_t kExtendedPrefixBytes = 6;

uint64_t read_big_endian(ByteView bytes)
{
    uint64_t value = 0;
    for (const uint8_t byte : bytes)
        value = value << 8 | byte;
    return value;
}

Bytes pad(std::string_view plaintext)
{
    const uint64_t length = plaintext.size();
    const bool extended = length >= kExtendedFrom;
    Bytes out(extended ? 2 : 0, 0);
    for (int shift = extended ? 24 : 8; shift >= 0; shift -= 8)
        out.push_back(static_cast<uint8_t>(length >> shift & 0xff));
    const size_t prefix = out.size();
    out.insert(out.end(), plaintext.begin(), plaintext.end());
    out.resize(prefix + padded_length(length), 0);
    return out;
}

/// The plaintext inside a padded block. What the padding bytes are is nobody's concern: the MAC covers them.
Result<ByteView> unpad(ByteView block)
{
    if (block.size() < kShortPrefixBytes)
        return fail(Errc::bad_input, "NIP-44: invalid padding");
    size_t prefix = kShortPrefixBytes;
    uint64_t length = read_big_endian(block.first(kShortPrefixBytes));
    if (length == 0) {
        if (block.size() < kExtendedPrefixBytes)
            return fail(Errc::bad_input, "NIP-44: invalid padding");
        prefix = kExtendedPrefixBytes;
        length = read_big_endian(block.subspan(kShortPrefixBytes, 4));
        if (length < kExtendedFrom)
            return fail(Errc::bad_input, "NIP-44: invalid padding");
    }
    if (block.size() != prefix + padded_length(length))
        return fail(Errc::bad_input, "NIP-44: invalid padding");
    return block.subspan(prefix, length);
}

Bytes32 mac_of(const MessageKeys& keys, ByteView nonce, ByteView ciphertext)
{
    Bytes message{nonce.begin(), nonce.end()};
    message.insert(message.end(), ciphertext.begin(), ciphertext.end());
    return crypto::hmac_sha256(keys.hmac_key.expose(), message);
}

/// Base64 and sizes; yields version, nonce, ciphertext and MAC in one piece.
Result<Bytes> decode_payload(std::string_view payload, size_t payload_characters_max)
{
    if (payload.empty() || payload.front() == '#')
        return fail(Errc::bad_input, "NIP-44: unsupported version");
    if (payload.size() < kPayloadCharactersMin || payload.size() > payload_characters_max)
        return fail(Errc::bad_input, "NIP-44: payload of {} characters", payload.size());
    Bytes bytes = TRY(decode_base64_strict(payload));
    if (bytes.size() < kPayloadBytesMin)
        return fail(Errc::bad_input, "NIP-44: payload of {} bytes", bytes.size());
    if (bytes.front() != kVersion)
        return fail(Errc::bad_input, "NIP-44: unsupported version");
    return bytes;
}

} // namespace

Result<crypto::Secret> conversation_key(const SecretKey& own_key, const Bytes32& peer)
{
    const crypto::Secret shared = TRY(crypto::ecdh_x(own_key, peer));
    Bytes32 key = crypto::hmac_sha256(as_bytes("nip44-v2"), shared.expose());
    crypto::Secret out{ByteView{key}};
    crypto::wipe(key);
    return out;
}

MessageKeys message_keys(const crypto::Secret& conversation_key, const Bytes32& nonce)
{
    const crypto::Secret expanded = crypto::hkdf_expand(conversation_key.expose(), nonce, 76);
    MessageKeys keys{.chacha_key = crypto::Secret{expanded.expose().first(32)},
                     .chacha_nonce = {},
                     .hmac_key = crypto::Secret{expanded.expose().subspan(44, 32)}};
    const ByteView chacha_nonce = expanded.expose().subspan(32, 12);
    std::copy(chacha_nonce.begin(), chacha_nonce.end(), keys.chacha_nonce.begin());
    return keys;
}

uint64_t padded_length(uint64_t length)
{
    VERIFY(length > 0 && length <= UINT32_MAX);
    if (length <= 32)
        return 32;
    const uint64_t power = std::bit_ceil(length);
    const uint64_t chunk = power <= 256 ? 32 : power / 8;
    return (length + chunk - 1) / chunk * chunk;
}

Result<std::string> encrypt(const crypto::Secret& conversation_key, std::string_view plaintext, crypto::Random& random)
{
    if (plaintext.size() > kPlaintextBytesMax)
        return fail(Errc::bad_input, "NIP-44: {} bytes to encrypt, limit {}", plaintext.size(), kPlaintextBytesMax);
    return encrypt_with_nonce(conversation_key, plaintext, random.bytes32());
}

Result<std::string> encrypt_with_nonce(const crypto::Secret& conversation_key, std::string_view plaintext,
                                       const Bytes32& nonce)
{
    if (plaintext.empty() || plaintext.size() > (size_t{1} << 29))
        return fail(Errc::bad_input, "NIP-44: {} bytes to encrypt", plaintext.size());
    const MessageKeys keys = message_keys(conversation_key, nonce);
    Bytes padded = pad(plaintext);
    const Bytes ciphertext = crypto::chacha20(keys.chacha_key.expose(), keys.chacha_nonce, padded);
    crypto::wipe(padded);
    const Bytes32 mac = mac_of(keys, nonce, ciphertext);
    Bytes payload{kVersion};
    payload.insert(payload.end(), nonce.begin(), nonce.end());
    payload.insert(payload.end(), ciphertext.begin(), ciphertext.end());
    payload.insert(payload.end(), mac.begin(), mac.end());
    return encode_base64(payload);
}

Result<std::string> decrypt(const crypto::Secret& conversation_key, std::string_view payload,
                            size_t payload_characters_max)
{
    const Bytes bytes = TRY(decode_payload(payload, payload_characters_max));
    const ByteView body = ByteView{bytes}.subspan(1);
    Bytes32 nonce{};
    std::copy_n(body.begin(), kNonceBytes, nonce.begin());
    const ByteView ciphertext = body.subspan(kNonceBytes, body.size() - kNonceBytes - kMacBytes);
    const MessageKeys keys = message_keys(conversation_key, nonce);
    if (!crypto::equal_constant_time(mac_of(keys, nonce, ciphertext), body.last(kMacBytes)))
        return fail(Errc::bad_input, "NIP-44: invalid MAC");
    const crypto::Secret padded{crypto::chacha20(keys.chacha_key.expose(), keys.chacha_nonce, ciphertext)};
    const ByteView plaintext = TRY(unpad(padded.expose()));
    std::string text{as_text(plaintext)};
    if (!is_valid_utf8(text))
        return fail(Errc::bad_input, "NIP-44: plaintext is not UTF-8");
    return text;
}

} // namespace berth::nostr::nip44
