#include "crypto/secp256k1.h"

#include "util/check.h"
#include "util/hex.h"

#include <secp256k1.h>
#include <secp256k1_ecdh.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_schnorrsig.h>

#include <algorithm>

namespace berth::crypto {

namespace {

// The group order n, big-endian.
constexpr Bytes32 kOrder{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                         0xff, 0xff, 0xff, 0xff, 0xfe, 0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48,
                         0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41};

const secp256k1_context* context()
{
    static const secp256k1_context* const shared = [] {
        secp256k1_context* made = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
        SystemRandom random;
        Bytes32 seed = random.bytes32();
        VERIFY(made && secp256k1_context_randomize(made, seed.data()) == 1);
        wipe(seed);
        return made;
    }();
    return shared;
}

/// The points that this thread had to do with of late. Reading one is a square root, and a mint's keys come again with
/// every row and answer that names them. All of them are public, and whoever chooses their bits only empties a place.
class KnownPoints {
public:
    [[nodiscard]] const secp256k1_pubkey* find(const Bytes33& compressed) const
    {
        const Place& place = places_[index_of(compressed)];
        return place.compressed == compressed ? &place.key : nullptr;
    }
    void keep(const Bytes33& compressed, const secp256k1_pubkey& key)
    {
        places_[index_of(compressed)] = {compressed, key};
    }

private:
    struct Place {
        Bytes33 compressed{}; ///< begins with 0 while nothing is there
        secp256k1_pubkey key{};
    };
    static size_t index_of(const Bytes33& compressed) { return compressed.back(); }

    std::array<Place, 256> places_{};
};

KnownPoints& known_points()
{
    thread_local KnownPoints known;
    return known;
}

/// False unless it is a point on the curve.
bool read(const Bytes33& compressed, secp256k1_pubkey& key)
{
    if (const secp256k1_pubkey* known = known_points().find(compressed)) {
        key = *known;
        return true;
    }
    if (secp256k1_ec_pubkey_parse(context(), &key, compressed.data(), compressed.size()) != 1)
        return false;
    known_points().keep(compressed, key);
    return true;
}

secp256k1_pubkey load(const Bytes33& compressed)
{
    secp256k1_pubkey key;
    VERIFY(read(compressed, key));
    return key;
}

Bytes33 store(const secp256k1_pubkey& key)
{
    Bytes33 out{};
    size_t length = out.size();
    VERIFY(secp256k1_ec_pubkey_serialize(context(), out.data(), &length, &key, SECP256K1_EC_COMPRESSED) == 1);
    known_points().keep(out, key);
    return out;
}

/// The compressed sum.
Result<Bytes33> combine(const secp256k1_pubkey& a, const secp256k1_pubkey& b)
{
    secp256k1_pubkey sum;
    const std::array<const secp256k1_pubkey*, 2> terms{&a, &b};
    if (secp256k1_ec_pubkey_combine(context(), &sum, terms.data(), terms.size()) != 1)
        return fail(Errc::bad_input, "point at infinity");
    return store(sum);
}

secp256k1_keypair keypair_of(const Scalar& secret_key)
{
    secp256k1_keypair pair;
    VERIFY(secp256k1_keypair_create(context(), &pair, secret_key.expose().data()) == 1);
    return pair;
}

int copy_x(unsigned char* out, const unsigned char* x, const unsigned char*, void*)
{
    std::copy_n(x, 32, out);
    return 1;
}

} // namespace

Result<Scalar> Scalar::create(ByteView bytes)
{
    if (bytes.size() != 32 || secp256k1_ec_seckey_verify(context(), bytes.data()) != 1)
        return fail(Errc::bad_input, "not a scalar in [1, n-1]");
    return Scalar{Secret{bytes}};
}

Result<Scalar> Scalar::create_reduced(ByteView bytes)
{
    if (bytes.size() != 32)
        return fail(Errc::bad_input, "not 32 bytes");
    Bytes32 value{};
    std::copy(bytes.begin(), bytes.end(), value.begin());
    // 32 bytes are below 2n, so one subtraction reduces them.
    if (!std::lexicographical_compare(value.begin(), value.end(), kOrder.begin(), kOrder.end())) {
        int borrow = 0;
        for (size_t i = value.size(); i-- > 0;) {
            const int difference = value[i] - kOrder[i] - borrow;
            borrow = difference < 0 ? 1 : 0;
            value[i] = static_cast<uint8_t>(difference & 0xff);
        }
    }
    auto scalar = create(value);
    wipe(value);
    return scalar;
}

Scalar Scalar::random(Random& random)
{
    for (;;) {
        Bytes32 bytes = random.bytes32();
        auto scalar = create(bytes);
        wipe(bytes);
        if (scalar)
            return std::move(*scalar);
    }
}

Result<Scalar> Scalar::plus(const Scalar& other) const
{
    Bytes sum{expose().begin(), expose().end()};
    if (secp256k1_ec_seckey_tweak_add(context(), sum.data(), other.expose().data()) != 1)
        return fail(Errc::bad_input, "scalar sum is zero");
    return Scalar{Secret{std::move(sum)}};
}

Result<Scalar> Scalar::times(const Scalar& other) const
{
    Bytes product{expose().begin(), expose().end()};
    if (secp256k1_ec_seckey_tweak_mul(context(), product.data(), other.expose().data()) != 1)
        return fail(Errc::bad_input, "scalar product is zero");
    return Scalar{Secret{std::move(product)}};
}

Scalar Scalar::negated() const
{
    Bytes value{expose().begin(), expose().end()};
    VERIFY(secp256k1_ec_seckey_negate(context(), value.data()) == 1);
    return Scalar{Secret{std::move(value)}};
}

Result<Point> Point::parse(ByteView compressed33)
{
    Bytes33 bytes{};
    if (compressed33.size() == bytes.size())
        std::copy(compressed33.begin(), compressed33.end(), bytes.begin());
    secp256k1_pubkey key;
    if ((bytes[0] != 2 && bytes[0] != 3) || !read(bytes, key))
        return fail(Errc::bad_input, "not a compressed point on the curve");
    return Point{bytes};
}

Result<Point> Point::parse_hex(std::string_view text)
{
    const Bytes33 bytes = TRY(decode_hex_array<33>(text, HexCase::any));
    return parse(bytes);
}

Point Point::generate(const Scalar& scalar)
{
    secp256k1_pubkey key;
    VERIFY(secp256k1_ec_pubkey_create(context(), &key, scalar.expose().data()) == 1);
    return Point{store(key)};
}

std::array<uint8_t, 65> Point::uncompressed() const
{
    const secp256k1_pubkey key = load(compressed_);
    std::array<uint8_t, 65> out{};
    size_t length = out.size();
    VERIFY(secp256k1_ec_pubkey_serialize(context(), out.data(), &length, &key, SECP256K1_EC_UNCOMPRESSED) == 1);
    return out;
}

std::string Point::hex() const
{
    return encode_hex(compressed_);
}

Result<Point> Point::plus(const Point& other) const
{
    const Bytes33 sum = TRY(combine(load(compressed_), load(other.compressed_)));
    return Point{sum};
}

Result<Point> Point::minus(const Point& other) const
{
    secp256k1_pubkey negative = load(other.compressed_);
    VERIFY(secp256k1_ec_pubkey_negate(context(), &negative) == 1);
    const Bytes33 difference = TRY(combine(load(compressed_), negative));
    return Point{difference};
}

Result<Point> Point::times(const Scalar& scalar) const
{
    secp256k1_pubkey key = load(compressed_);
    if (secp256k1_ec_pubkey_tweak_mul(context(), &key, scalar.expose().data()) != 1)
        return fail(Errc::bad_input, "point at infinity");
    return Point{store(key)};
}

Bytes32 x_only_public_key(const Scalar& secret_key)
{
    const Bytes33 compressed = Point::generate(secret_key).compressed();
    Bytes32 out{};
    std::copy(compressed.begin() + 1, compressed.end(), out.begin());
    return out;
}

bool is_x_only_public_key(ByteView bytes32)
{
    secp256k1_xonly_pubkey key;
    return bytes32.size() == 32 && secp256k1_xonly_pubkey_parse(context(), &key, bytes32.data()) == 1;
}

Bytes64 sign_schnorr(const Scalar& secret_key, const Bytes32& message, Random& random)
{
    return sign_schnorr(secret_key, message, random.bytes32());
}

Bytes64 sign_schnorr(const Scalar& secret_key, const Bytes32& message, const Bytes32& auxiliary)
{
    secp256k1_keypair pair = keypair_of(secret_key);
    Bytes64 signature{};
    VERIFY(secp256k1_schnorrsig_sign32(context(), signature.data(), message.data(), &pair, auxiliary.data()) == 1);
    wipe(pair.data);
    return signature;
}

bool verify_schnorr(const Bytes32& x_only_key, const Bytes32& message, const Bytes64& signature)
{
    secp256k1_xonly_pubkey key;
    return secp256k1_xonly_pubkey_parse(context(), &key, x_only_key.data()) == 1 &&
           secp256k1_schnorrsig_verify(context(), signature.data(), message.data(), message.size(), &key) == 1;
}

Result<Secret> ecdh_x(const Scalar& secret_key, const Bytes32& peer_x_only)
{
    Bytes33 compressed{};
    compressed[0] = 2;
    std::copy(peer_x_only.begin(), peer_x_only.end(), compressed.begin() + 1);
    secp256k1_pubkey peer;
    if (secp256k1_ec_pubkey_parse(context(), &peer, compressed.data(), compressed.size()) != 1)
        return fail(Errc::bad_input, "public key is not on the curve");
    Bytes shared(32);
    if (secp256k1_ecdh(context(), shared.data(), &peer, secret_key.expose().data(), copy_x, nullptr) != 1)
        return fail(Errc::bad_input, "no shared point");
    return Secret{std::move(shared)};
}

} // namespace berth::crypto
