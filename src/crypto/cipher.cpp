#include "crypto/cipher.h"

#include "util/check.h"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>

namespace berth::crypto {

namespace {

struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

std::unique_ptr<EVP_CIPHER_CTX, FreeContext> make_context()
{
    std::unique_ptr<EVP_CIPHER_CTX, FreeContext> context{EVP_CIPHER_CTX_new()};
    VERIFY(context);
    return context;
}

} // namespace

Bytes encrypt_aes256_cbc(ByteView key32, const AesIv& iv, ByteView plaintext)
{
    VERIFY(key32.size() == 32);
    const auto context = make_context();
    Bytes out(plaintext.size() + 16);
    int length = 0;
    int rest = 0;
    VERIFY(EVP_EncryptInit_ex(context.get(), EVP_aes_256_cbc(), nullptr, key32.data(), iv.data()) == 1);
    VERIFY(EVP_EncryptUpdate(context.get(), out.data(), &length, plaintext.data(),
                             static_cast<int>(plaintext.size())) == 1);
    VERIFY(EVP_EncryptFinal_ex(context.get(), out.data() + length, &rest) == 1);
    out.resize(static_cast<size_t>(length + rest));
    return out;
}

Result<Bytes> decrypt_aes256_cbc(ByteView key32, const AesIv& iv, ByteView ciphertext)
{
    VERIFY(key32.size() == 32);
    if (ciphertext.empty() || ciphertext.size() % 16 != 0 || ciphertext.size() > (1u << 24))
        return fail(Errc::bad_input, "cannot decrypt");
    const auto context = make_context();
    Bytes out(ciphertext.size() + 16);
    int length = 0;
    int rest = 0;
    if (EVP_DecryptInit_ex(context.get(), EVP_aes_256_cbc(), nullptr, key32.data(), iv.data()) != 1 ||
        EVP_DecryptUpdate(context.get(), out.data(), &length, ciphertext.data(), static_cast<int>(ciphertext.size())) !=
            1 ||
        EVP_DecryptFinal_ex(context.get(), out.data() + length, &rest) != 1)
        return fail(Errc::bad_input, "cannot decrypt");
    out.resize(static_cast<size_t>(length + rest));
    return out;
}

Bytes chacha20(ByteView key32, const ChaChaNonce& nonce, ByteView input)
{
    VERIFY(key32.size() == 32 && input.size() < (1u << 30));
    // OpenSSL's IV is a little-endian block counter (0 here) followed by the nonce.
    std::array<uint8_t, 16> iv{};
    std::copy(nonce.begin(), nonce.end(), iv.begin() + 4);
    const auto context = make_context();
    Bytes out(input.size());
    int length = 0;
    VERIFY(EVP_EncryptInit_ex(context.get(), EVP_chacha20(), nullptr, key32.data(), iv.data()) == 1);
    VERIFY(EVP_EncryptUpdate(context.get(), out.data(), &length, input.data(), static_cast<int>(input.size())) == 1);
    VERIFY(static_cast<size_t>(length) == input.size());
    return out;
}

} // namespace berth::crypto
