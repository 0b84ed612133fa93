#include "cashu/deterministic.h"

#include "crypto/bip32.h"
#include "crypto/hash.h"
#include "util/hex.h"

namespace berth::cashu {

namespace {

using crypto::kHardened;
using crypto::Scalar;
using crypto::Secret;

constexpr uint32_t kPurpose = 129372; ///< code point of the peanut (NUT-13)
constexpr std::string_view kHmacDomain = "Cashu_KDF_HMAC_SHA256";
constexpr size_t kIdBytesV1 = 8;
constexpr size_t kIdBytesV2 = 33;

void append(Bytes& out, ByteView bytes)
{
    out.insert(out.end(), bytes.begin(), bytes.end());
}

template <class Integer>
void append_big_endian(Bytes& out, Integer value)
{
    for (size_t shift = 8 * sizeof(value); shift > 0; shift -= 8)
        out.push_back(static_cast<uint8_t>(value >> (shift - 8)));
}

Result<DerivedOutput> derive_v1(const Secret& seed, const KeysetId& keyset_id, uint64_t counter)
{
    if (counter >= kHardened)
        return fail(Errc::bad_input, "counter {} is beyond BIP-32's range", counter);
    const uint32_t keyset_index = TRY(keyset_id_integer(keyset_id));
    const std::array<uint32_t, 4> path{kPurpose | kHardened, kHardened, keyset_index | kHardened,
                                       static_cast<uint32_t>(counter) | kHardened};
    const crypto::ExtendedKey key = TRY(crypto::derive_path(seed, path));
    const crypto::ExtendedKey secret = TRY(crypto::child_key(key, 0));
    const crypto::ExtendedKey blinding = TRY(crypto::child_key(key, 1));
    return DerivedOutput{.secret = encode_hex(secret.key.expose()), .r = blinding.key};
}

Result<DerivedOutput> derive_v2(const Secret& seed, ByteView id, uint64_t counter)
{
    Bytes message;
    append(message, as_bytes(kHmacDomain));
    append(message, id);
    append_big_endian(message, counter);
    message.push_back(0x00);
    const Bytes32 secret = crypto::hmac_sha256(seed.expose(), message);
    message.back() = 0x01;
    Bytes32 blinding = crypto::hmac_sha256(seed.expose(), message);
    Result<Scalar> reduced = Scalar::create_reduced(blinding);
    crypto::wipe(blinding);
    const Scalar r = TRY(std::move(reduced));
    return DerivedOutput{.secret = encode_hex(secret), .r = r};
}

} // namespace

Result<DerivedOutput> derive_output(const Secret& seed, const KeysetId& keyset_id, uint64_t counter)
{
    const Bytes id = TRY(decode_hex(keyset_id));
    if (id.size() == kIdBytesV1 && id[0] == 0x00)
        return derive_v1(seed, keyset_id, counter);
    if (id.size() == kIdBytesV2 && id[0] == 0x01)
        return derive_v2(seed, id, counter);
    return fail(Errc::bad_input, "no outputs are derived for keysets of an unknown version");
}

Result<uint32_t> keyset_id_integer(const KeysetId& keyset_id)
{
    const Bytes id = TRY(decode_hex(keyset_id));
    if (id.size() != kIdBytesV1 || id[0] != 0x00)
        return fail(Errc::bad_input, "only V1 keyset ids have a BIP-32 index");
    uint64_t number = 0;
    for (const uint8_t byte : id)
        number = number << 8 | byte;
    return static_cast<uint32_t>(number % 0x7fff'ffff);
}

Result<Scalar> derive_key(const Secret& seed, std::string_view domain)
{
    Bytes32 hash = crypto::Sha256{}.update(seed.expose()).update(domain).finish();
    Result<Scalar> key = Scalar::create(hash);
    crypto::wipe(hash);
    return key;
}

} // namespace berth::cashu
