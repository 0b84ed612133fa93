#include "crypto/hash.h"

#include "util/check.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <algorithm>

namespace berth::crypto {

namespace {

EVP_MD_CTX* context_of(void* context)
{
    return static_cast<EVP_MD_CTX*>(context);
}

/// OpenSSL takes a null key for "the key of the last call" and fails; an empty key is legal.
const uint8_t* key_data(ByteView key)
{
    static constexpr uint8_t nothing = 0;
    return key.empty() ? &nothing : key.data();
}

} // namespace

Sha256::Sha256() : context_{EVP_MD_CTX_new()}
{
    VERIFY(context_ && EVP_DigestInit_ex(context_of(context_), EVP_sha256(), nullptr) == 1);
}

Sha256::~Sha256()
{
    EVP_MD_CTX_free(context_of(context_));
}

Sha256& Sha256::update(ByteView bytes)
{
    VERIFY(EVP_DigestUpdate(context_of(context_), bytes.data(), bytes.size()) == 1);
    return *this;
}

Bytes32 Sha256::finish()
{
    Bytes32 out{};
    VERIFY(EVP_DigestFinal_ex(context_of(context_), out.data(), nullptr) == 1);
    return out;
}

Bytes32 sha256(ByteView bytes)
{
    Bytes32 out{};
    SHA256(bytes.data(), bytes.size(), out.data());
    return out;
}

Bytes32 hmac_sha256(ByteView key, ByteView message)
{
    Bytes32 out{};
    unsigned length = 0;
    VERIFY(HMAC(EVP_sha256(), key_data(key), static_cast<int>(key.size()), message.data(), message.size(), out.data(),
                &length) &&
           length == out.size());
    return out;
}

Bytes64 hmac_sha512(ByteView key, ByteView message)
{
    Bytes64 out{};
    unsigned length = 0;
    VERIFY(HMAC(EVP_sha512(), key_data(key), static_cast<int>(key.size()), message.data(), message.size(), out.data(),
                &length) &&
           length == out.size());
    return out;
}

Secret hkdf_expand(ByteView pseudo_random_key, ByteView info, size_t length)
{
    VERIFY(length <= 255 * 32);
    Bytes out;
    Bytes block;
    for (uint8_t counter = 1; out.size() < length; ++counter) {
        Bytes message = block;
        message.insert(message.end(), info.begin(), info.end());
        message.push_back(counter);
        Bytes32 next = hmac_sha256(pseudo_random_key, message);
        block.assign(next.begin(), next.end());
        out.insert(out.end(), block.begin(), block.end());
        wipe(message);
        wipe(next);
    }
    wipe(block);
    out.resize(length);
    return Secret{std::move(out)};
}

Secret pbkdf2_sha512(std::string_view password, std::string_view salt, int rounds, size_t length)
{
    Bytes out(length);
    VERIFY(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), as_bytes(salt).data(),
                             static_cast<int>(salt.size()), rounds, EVP_sha512(), static_cast<int>(length),
                             out.data()) == 1);
    return Secret{std::move(out)};
}

bool equal_constant_time(ByteView a, ByteView b)
{
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace berth::crypto
