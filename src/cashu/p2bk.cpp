#include "cashu/p2bk.h"

#include "crypto/hash.h"

#include <algorithm>

namespace berth::cashu {

namespace {

constexpr std::string_view kDomain = "Cashu_P2BK_v1";

bool has_same_x(const crypto::Point& a, const crypto::Point& b)
{
    return std::equal(a.compressed().begin() + 1, a.compressed().end(), b.compressed().begin() + 1);
}

Result<crypto::Scalar> hash_to_scalar(ByteView shared_x, ByteView suffix)
{
    Bytes32 hash = crypto::Sha256{}.update(kDomain).update(shared_x).update(suffix).finish();
    Result<crypto::Scalar> scalar = crypto::Scalar::create(hash);
    crypto::wipe(hash);
    return scalar;
}

} // namespace

Result<crypto::Scalar> p2bk_blinding(const crypto::Scalar& key, const crypto::Point& peer, uint8_t slot)
{
    const crypto::Point shared = TRY(peer.times(key));
    const ByteView shared_x = ByteView{shared.compressed()}.subspan(1);
    Result<crypto::Scalar> first = hash_to_scalar(shared_x, std::array<uint8_t, 1>{slot});
    if (first)
        return first;
    return hash_to_scalar(shared_x, std::array<uint8_t, 2>{slot, 0xff});
}

Result<crypto::Point> p2bk_blind_key(const crypto::Point& key, const crypto::Scalar& blinding)
{
    return key.plus(crypto::Point::generate(blinding));
}

Result<crypto::Scalar> p2bk_signing_key(const crypto::Scalar& key, const crypto::Scalar& blinding,
                                        const crypto::Point& blinded_key)
{
    // The sender knew our key by x alone, so it may have blinded −p·G.
    for (const crypto::Scalar& base : {key, key.negated()}) {
        Result<crypto::Scalar> candidate = base.plus(blinding);
        if (candidate && has_same_x(crypto::Point::generate(*candidate), blinded_key))
            return candidate;
    }
    return fail(Errc::not_found, "the blinded key is not ours");
}

} // namespace berth::cashu
