#include "nostr/nip06.h"

#include "crypto/bip32.h"
#include "crypto/mnemonic.h"

namespace berth::nostr {

Result<SecretKey> key_from_mnemonic(std::string_view words, std::string_view passphrase, uint32_t account)
{
    using crypto::kHardened;
    constexpr uint32_t purpose = 44;
    constexpr uint32_t coin_type = 1237;
    if (account >= kHardened)
        return fail(Errc::bad_input, "account {} is beyond BIP-32's range", account);
    const crypto::Secret seed = TRY(crypto::mnemonic_seed(words, passphrase));
    const std::array<uint32_t, 5> path{purpose | kHardened, coin_type | kHardened, account | kHardened, 0, 0};
    const crypto::ExtendedKey key = TRY(crypto::derive_path(seed, path));
    return key.key;
}

} // namespace berth::nostr
