#pragma once
// SHA-256, HMAC and key derivation, all from OpenSSL.

#include "crypto/secret.h"

namespace berth::crypto {

/// Incremental SHA-256.
class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;
    Sha256& update(ByteView bytes);
    Sha256& update(std::string_view text) { return update(as_bytes(text)); }
    [[nodiscard]] Bytes32 finish();

private:
    void* context_;
};

[[nodiscard]] Bytes32 sha256(ByteView bytes);
[[nodiscard]] Bytes32 hmac_sha256(ByteView key, ByteView message);
[[nodiscard]] Bytes64 hmac_sha512(ByteView key, ByteView message);

/// RFC 5869 expand with SHA-256; at most 255 * 32 bytes.
[[nodiscard]] Secret hkdf_expand(ByteView pseudo_random_key, ByteView info, size_t length);

/// PBKDF2-HMAC-SHA512, as BIP-39 uses it.
[[nodiscard]] Secret pbkdf2_sha512(std::string_view password, std::string_view salt, int rounds, size_t length);

/// Same contents, in time that depends on the lengths only.
[[nodiscard]] bool equal_constant_time(ByteView a, ByteView b);

} // namespace berth::crypto
