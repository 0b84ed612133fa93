#include "crypto/aead.h"

#include "util/check.h"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>

namespace berth::crypto {

namespace {

constexpr size_t kTagSize = 16;
constexpr size_t kBytesMax = 1u << 24;

struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

uint32_t word_at(ByteView bytes, size_t index)
{
    uint32_t word = 0;
    for (size_t i = 4; i-- > 0;)
        word = word << 8 | bytes[index * 4 + i];
    return word;
}

/// HChaCha20 is a ChaCha20 block without its last step, the addition of the initial state. OpenSSL offers the whole
/// block only, so the known words of that state are subtracted again.
Secret make_subkey(ByteView key32, const XChaChaNonce& nonce)
{
    VERIFY(key32.size() == 32);
    const Context context{EVP_CIPHER_CTX_new()};
    const std::array<uint8_t, 64> zeros{};
    std::array<uint8_t, 64> block{};
    int length = 0;
    VERIFY(context && EVP_EncryptInit_ex(context.get(), EVP_chacha20(), nullptr, key32.data(), nonce.data()) == 1);
    VERIFY(EVP_EncryptUpdate(context.get(), block.data(), &length, zeros.data(), static_cast<int>(zeros.size())) == 1);
    VERIFY(static_cast<size_t>(length) == block.size());

    const ByteView constants = as_bytes("expand 32-byte k");
    Bytes subkey;
    for (size_t i = 0; i < 8; ++i) {
        const uint32_t word =
            i < 4 ? word_at(block, i) - word_at(constants, i) : word_at(block, 8 + i) - word_at(nonce, i - 4);
        for (unsigned shift = 0; shift < 32; shift += 8)
            subkey.push_back(static_cast<uint8_t>(word >> shift & 0xff));
    }
    wipe(block);
    return Secret{std::move(subkey)};
}

enum class Direction { open = 0, seal = 1 };

/// ChaCha20-Poly1305 under the subkey, with the additional data taken in.
Context start(Direction direction, ByteView key32, const XChaChaNonce& nonce, ByteView additional_data)
{
    const Secret subkey = make_subkey(key32, nonce);
    std::array<uint8_t, 12> short_nonce{};
    std::copy(nonce.begin() + 16, nonce.end(), short_nonce.begin() + 4);
    Context context{EVP_CIPHER_CTX_new()};
    VERIFY(context && EVP_CipherInit_ex(context.get(), EVP_chacha20_poly1305(), nullptr, subkey.expose().data(),
                                        short_nonce.data(), static_cast<int>(direction)) == 1);
    VERIFY(additional_data.size() <= kBytesMax);
    int length = 0;
    if (!additional_data.empty())
        VERIFY(EVP_CipherUpdate(context.get(), nullptr, &length, additional_data.data(),
                                static_cast<int>(additional_data.size())) == 1);
    return context;
}

} // namespace

Bytes seal_xchacha20_poly1305(ByteView key32, const XChaChaNonce& nonce, ByteView additional_data, ByteView plaintext)
{
    VERIFY(plaintext.size() <= kBytesMax);
    const Context context = start(Direction::seal, key32, nonce, additional_data);
    Bytes out(plaintext.size() + kTagSize);
    int length = 0;
    int rest = 0;
    if (!plaintext.empty())
        VERIFY(EVP_CipherUpdate(context.get(), out.data(), &length, plaintext.data(),
                                static_cast<int>(plaintext.size())) == 1);
    VERIFY(EVP_CipherFinal_ex(context.get(), out.data() + length, &rest) == 1);
    VERIFY(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagSize, out.data() + plaintext.size()) == 1);
    return out;
}

Result<Secret> open_xchacha20_poly1305(ByteView key32, const XChaChaNonce& nonce, ByteView additional_data,
                                       ByteView sealed)
{
    if (sealed.size() < kTagSize || sealed.size() > kBytesMax)
        return fail(Errc::bad_input, "cannot decrypt");
    const ByteView ciphertext = sealed.first(sealed.size() - kTagSize);
    Bytes tag{sealed.end() - kTagSize, sealed.end()};
    const Context context = start(Direction::open, key32, nonce, additional_data);
    Bytes out(sealed.size());
    int length = 0;
    int rest = 0;
    VERIFY(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()) == 1);
    if (!ciphertext.empty())
        VERIFY(EVP_CipherUpdate(context.get(), out.data(), &length, ciphertext.data(),
                                static_cast<int>(ciphertext.size())) == 1);
    // Nothing of an unauthenticated plaintext may leave, not even in freed memory.
    if (EVP_CipherFinal_ex(context.get(), out.data() + length, &rest) != 1) {
        wipe(out);
        return fail(Errc::bad_input, "cannot decrypt");
    }
    out.resize(ciphertext.size());
    return Secret{std::move(out)};
}

} // namespace berth::crypto
