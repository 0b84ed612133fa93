#pragma once
// secp256k1 through libsecp256k1: keys, BIP-340 signatures, ECDH, and the point arithmetic of Cashu's BDHKE.
// One context, randomised at first use, then shared read-only by all threads.

#include "crypto/random.h"
#include "crypto/secret.h"
#include "util/bytes.h"
#include "util/result.h"

#include <compare>
#include <optional>

namespace berth::crypto {

/// A scalar in [1, n-1]: a secret key, a blinding factor, a DLEQ response. Wiped after use.
class Scalar {
public:
    /// bad_input for 0, for n and above, and for other lengths than 32.
    [[nodiscard]] static Result<Scalar> create(ByteView bytes32_big_endian);
    /// The 32 bytes reduced modulo n; bad_input if that is 0 (NUT-13).
    [[nodiscard]] static Result<Scalar> create_reduced(ByteView bytes32_big_endian);
    [[nodiscard]] static Scalar random(Random& random);

    [[nodiscard]] ByteView expose() const { return bytes_.expose(); }
    /// Sums and products modulo n; bad_input if the result is 0.
    [[nodiscard]] Result<Scalar> plus(const Scalar& other) const;
    [[nodiscard]] Result<Scalar> times(const Scalar& other) const;
    [[nodiscard]] Scalar negated() const;

private:
    explicit Scalar(Secret bytes) : bytes_{std::move(bytes)} {}
    Secret bytes_;
};

/// A point that is not infinity, kept in SEC1 compressed form (33 bytes).
class Point {
public:
    /// bad_input unless 33 bytes, 02 or 03 first, and on the curve.
    [[nodiscard]] static Result<Point> parse(ByteView compressed33);
    /// 66 hex characters, either case.
    [[nodiscard]] static Result<Point> parse_hex(std::string_view text);
    /// scalar * G.
    [[nodiscard]] static Point generate(const Scalar& scalar);

    [[nodiscard]] const Bytes33& compressed() const { return compressed_; }
    [[nodiscard]] std::array<uint8_t, 65> uncompressed() const;
    [[nodiscard]] std::string hex() const;
    /// bad_input if the sum or product is the point at infinity.
    [[nodiscard]] Result<Point> plus(const Point& other) const;
    [[nodiscard]] Result<Point> minus(const Point& other) const;
    [[nodiscard]] Result<Point> times(const Scalar& scalar) const;
    auto operator<=>(const Point&) const = default;

private:
    explicit Point(const Bytes33& compressed) : compressed_{compressed} {}
    Bytes33 compressed_{};
};

/// BIP-340 x-only public key of a secret key.
[[nodiscard]] Bytes32 x_only_public_key(const Scalar& secret_key);
/// Whether 32 bytes are the x coordinate of a point on the curve.
[[nodiscard]] bool is_x_only_public_key(ByteView bytes32);
/// BIP-340 over a 32-byte message, with fresh auxiliary randomness.
[[nodiscard]] Bytes64 sign_schnorr(const Scalar& secret_key, const Bytes32& message, Random& random);
/// The same with given auxiliary randomness, for test vectors.
[[nodiscard]] Bytes64 sign_schnorr(const Scalar& secret_key, const Bytes32& message, const Bytes32& auxiliary);
[[nodiscard]] bool verify_schnorr(const Bytes32& x_only_key, const Bytes32& message, const Bytes64& signature);
/// The raw x coordinate of secret * peer, peer taken as 02‖x (NIP-04, NIP-44). bad_input if peer is off the curve.
[[nodiscard]] Result<Secret> ecdh_x(const Scalar& secret_key, const Bytes32& peer_x_only);

} // namespace berth::crypto
