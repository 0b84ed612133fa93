#include "nostr/nip04.h"

#include "crypto/cipher.h"
#include "util/base64.h"
#include "util/utf8.h"

#include <algorithm>

namespace berth::nostr::nip04 {

namespace {

constexpr std::string_view kIvMarker = "?iv=";

Unexpected undecryptable()
{
    return fail(Errc::bad_input, "NIP-04 content cannot be decrypted");
}

} // namespace

Result<crypto::Secret> shared_key(const SecretKey& own_key, const Bytes32& peer)
{
    return crypto::ecdh_x(own_key, peer);
}

std::string encrypt(const crypto::Secret& shared_key, std::string_view plaintext, crypto::Random& random)
{
    crypto::AesIv iv{};
    random.fill(iv);
    const Bytes ciphertext = crypto::encrypt_aes256_cbc(shared_key.expose(), iv, as_bytes(plaintext));
    return encode_base64(ciphertext) + std::string{kIvMarker} + encode_base64(iv);
}

Result<std::string> decrypt(const crypto::Secret& shared_key, std::string_view content)
{
    const size_t marker = content.find(kIvMarker);
    if (content.size() > kContentCharactersMax || marker == std::string_view::npos)
        return undecryptable();
    const Result<Bytes> ciphertext = decode_base64_strict(content.substr(0, marker));
    const Result<Bytes> iv_bytes = decode_base64_strict(content.substr(marker + kIvMarker.size()));
    crypto::AesIv iv{};
    if (!ciphertext || !iv_bytes || iv_bytes->size() != iv.size())
        return undecryptable();
    std::copy(iv_bytes->begin(), iv_bytes->end(), iv.begin());
    Result<Bytes> plaintext = crypto::decrypt_aes256_cbc(shared_key.expose(), iv, *ciphertext);
    if (!plaintext)
        return undecryptable();
    std::string text{as_text(*plaintext)};
    crypto::wipe(*plaintext);
    if (!is_valid_utf8(text))
        return undecryptable();
    return text;
}

} // namespace berth::nostr::nip04
