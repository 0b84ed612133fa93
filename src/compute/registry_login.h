#pragma once
// What the operator's private registries want to hear. Pure.

#include "compute/image_reference.h"
#include "crypto/secret.h"

#include <string>
#include <vector>

namespace berth::compute {

struct RegistryLogin {
    std::string registry; ///< host[:port] as canonical_registry() writes it
    std::string username;
    crypto::Secret password;
};

/// The login for an image's own registry; nullptr when there is none. Never another registry's.
[[nodiscard]] const RegistryLogin* find_login(const std::vector<RegistryLogin>& logins, const ImageReference& image);

/// The value of X-Registry-Auth: base64url of a JSON object. It holds the password.
[[nodiscard]] std::string encode_registry_auth(const RegistryLogin& login);

} // namespace berth::compute
