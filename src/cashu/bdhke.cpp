#include "cashu/bdhke.h"

#include "crypto/hash.h"

namespace berth::cashu {

namespace {

constexpr std::string_view kDomain = "Secp256k1_HashToCurve_Cashu_";
constexpr uint32_t kCandidatesMax = 65536;

} // namespace

crypto::Point hash_to_curve(ByteView message)
{
    const Bytes32 message_hash = crypto::Sha256{}.update(kDomain).update(message).finish();
    for (uint32_t counter = 0;; ++counter) {
        // Every other candidate is on the curve, so the limit is never reached.
        VERIFY(counter < kCandidatesMax);
        const std::array<uint8_t, 4> little_endian{static_cast<uint8_t>(counter), static_cast<uint8_t>(counter >> 8),
                                                   static_cast<uint8_t>(counter >> 16),
                                                   static_cast<uint8_t>(counter >> 24)};
        const Bytes32 x = crypto::Sha256{}.update(message_hash).update(little_endian).finish();
        Bytes33 candidate{0x02};
        std::copy(x.begin(), x.end(), candidate.begin() + 1);
        if (Result<crypto::Point> point = crypto::Point::parse(candidate))
            return *point;
    }
}

crypto::Point hash_to_curve(std::string_view secret)
{
    return hash_to_curve(as_bytes(secret));
}

Result<crypto::Point> blind(std::string_view secret, const crypto::Scalar& r)
{
    return hash_to_curve(secret).plus(crypto::Point::generate(r));
}

Result<crypto::Point> unblind(const crypto::Point& C_, const crypto::Scalar& r, const crypto::Point& A)
{
    const crypto::Point blinding = TRY(A.times(r));
    return C_.minus(blinding);
}

Result<crypto::Point> sign_blinded(const crypto::Point& B_, const crypto::Scalar& a)
{
    return B_.times(a);
}

bool is_signed_by(const crypto::Scalar& a, std::string_view secret, const crypto::Point& C)
{
    const Result<crypto::Point> expected = hash_to_curve(secret).times(a);
    return expected && *expected == C;
}

} // namespace berth::cashu
