#include "crypto/bip32.h"

#include "crypto/hash.h"

namespace berth::crypto {

namespace {

/// IL as a scalar, IR as the chain code.
Result<ExtendedKey> split_hash(Bytes64 hash)
{
    const ByteView view{hash};
    Result<Scalar> left = Scalar::create(view.first(32));
    Secret right{view.last(32)};
    wipe(hash);
    const Scalar key = TRY(std::move(left));
    return ExtendedKey{.key = key, .chain_code = std::move(right)};
}

void append(Bytes& out, ByteView bytes)
{
    out.insert(out.end(), bytes.begin(), bytes.end());
}

} // namespace

Result<ExtendedKey> master_key(const Secret& seed)
{
    return split_hash(hmac_sha512(as_bytes("Bitcoin seed"), seed.expose()));
}

Result<ExtendedKey> child_key(const ExtendedKey& parent, uint32_t index)
{
    Bytes data;
    data.reserve(37); // so that no copy of the key stays behind in freed memory
    if (index >= kHardened) {
        data.push_back(0);
        append(data, parent.key.expose());
    } else {
        append(data, Point::generate(parent.key).compressed());
    }
    for (const int shift : {24, 16, 8, 0})
        data.push_back(static_cast<uint8_t>(index >> shift));
    Result<ExtendedKey> tweak = split_hash(hmac_sha512(parent.chain_code.expose(), data));
    wipe(data);
    ExtendedKey child = TRY(std::move(tweak));
    child.key = TRY(child.key.plus(parent.key));
    return child;
}

Result<ExtendedKey> derive_path(const Secret& seed, std::span<const uint32_t> path)
{
    ExtendedKey key = TRY(master_key(seed));
    for (const uint32_t index : path)
        key = TRY(child_key(key, index));
    return key;
}

} // namespace berth::crypto
