#include "crypto/secret.h"

#include <openssl/crypto.h>

namespace berth::crypto {

void wipe(std::span<uint8_t> bytes)
{
    OPENSSL_cleanse(bytes.data(), bytes.size());
}

} // namespace berth::crypto
