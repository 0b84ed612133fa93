#include "crypto/scrypt.h"

#include <openssl/evp.h>

namespace berth::crypto {

Result<Secret> scrypt32(std::string_view password, ByteView salt, unsigned log_rounds)
{
    if (log_rounds == 0 || log_rounds > kScryptLogRoundsMax)
        return fail(Errc::bad_input, "scrypt with 2^{} rounds; 2^1 to 2^{} are allowed", log_rounds,
                    kScryptLogRoundsMax);
    constexpr uint64_t kBlockSize = 8;
    const uint64_t rounds = uint64_t{1} << log_rounds;
    // OpenSSL's own limit of 32 MiB is below what is usual.
    const uint64_t memory_max = 128 * kBlockSize * (rounds + 2) + 65'536;
    const char* text = password.empty() ? "" : password.data();
    Bytes key(32);
    if (EVP_PBE_scrypt(text, password.size(), salt.data(), salt.size(), rounds, kBlockSize, 1, memory_max, key.data(),
                       key.size()) != 1)
        return fail(Errc::unavailable, "scrypt: not enough memory for 2^{} rounds", log_rounds);
    return Secret{std::move(key)};
}

} // namespace berth::crypto
