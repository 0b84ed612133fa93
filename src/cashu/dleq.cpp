#include "cashu/dleq.h"

#include "cashu/bdhke.h"
#include "crypto/hash.h"
#include "util/hex.h"

#include <algorithm>

namespace berth::cashu {

namespace {

using crypto::Point;
using crypto::Scalar;

constexpr std::string_view kNonceDomain = "Cashu_DLEQ_R_v1";

void append(Bytes& out, ByteView bytes)
{
    out.insert(out.end(), bytes.begin(), bytes.end());
}

Result<Scalar> nonce(const Scalar& a, const Point& A, const Point& B_, const Point& C_, uint8_t counter)
{
    Bytes message;
    append(message, as_bytes(kNonceDomain));
    append(message, A.uncompressed());
    append(message, B_.uncompressed());
    append(message, C_.uncompressed());
    message.push_back(counter);
    Bytes32 hash = crypto::hmac_sha256(a.expose(), message);
    Result<Scalar> scalar = Scalar::create(hash);
    crypto::wipe(hash);
    return scalar;
}

Result<BlindDleq> attempt(const Scalar& a, const Point& A, const Point& B_, const Point& C_, uint8_t counter)
{
    const Scalar k = TRY(nonce(a, A, B_, C_, counter));
    const Point R2 = TRY(B_.times(k));
    const Bytes32 hash = hash_e(Point::generate(k), R2, A, C_);
    const Scalar e = TRY(Scalar::create(hash));
    const Scalar product = TRY(e.times(a));
    const Scalar s = TRY(k.plus(product));
    BlindDleq dleq{.e = hash};
    std::copy(s.expose().begin(), s.expose().end(), dleq.s.begin());
    return dleq;
}

/// left · s − right · e
Result<Point> recover_nonce_point(const Point& left_times_s, const Point& right, const Scalar& e)
{
    const Point subtrahend = TRY(right.times(e));
    return left_times_s.minus(subtrahend);
}

Result<bool> check(const BlindDleq& dleq, const Point& A, const Point& B_, const Point& C_)
{
    const Scalar e = TRY(Scalar::create(dleq.e));
    const Scalar s = TRY(Scalar::create(dleq.s));
    const Point R1 = TRY(recover_nonce_point(Point::generate(s), A, e));
    const Point sB_ = TRY(B_.times(s));
    const Point R2 = TRY(recover_nonce_point(sB_, C_, e));
    return hash_e(R1, R2, A, C_) == dleq.e;
}

Result<bool> check_proof(const ProofDleq& dleq, const Point& A, std::string_view secret, const Point& C)
{
    const Scalar r = TRY(Scalar::create(dleq.r));
    const Point B_ = TRY(blind(secret, r));
    const Point rA = TRY(A.times(r));
    const Point C_ = TRY(C.plus(rA));
    return check(BlindDleq{.e = dleq.e, .s = dleq.s}, A, B_, C_);
}

} // namespace

Bytes32 hash_e(const Point& R1, const Point& R2, const Point& A, const Point& C_)
{
    crypto::Sha256 hash;
    for (const Point* point : {&R1, &R2, &A, &C_})
        hash.update(encode_hex(point->uncompressed()));
    return hash.finish();
}

BlindDleq create_dleq(const Scalar& a, const Point& B_, const Point& C_)
{
    const Point A = Point::generate(a);
    for (uint8_t counter = 0;; ++counter) {
        // One attempt in 2^127 fails.
        VERIFY(counter < 255);
        if (Result<BlindDleq> dleq = attempt(a, A, B_, C_, counter))
            return *dleq;
    }
}

bool verify_dleq(const BlindDleq& dleq, const Point& A, const Point& B_, const Point& C_)
{
    return check(dleq, A, B_, C_).value_or(false);
}

bool verify_proof_dleq(const ProofDleq& dleq, const Point& A, std::string_view secret, const Point& C)
{
    return check_proof(dleq, A, secret, C).value_or(false);
}

} // namespace berth::cashu
