#include "compute/registry_login.h"

#include "compute/image_rules.h"
#include "util/base64.h"
#include "util/json.h"

#include <algorithm>

namespace berth::compute {

const RegistryLogin* find_login(const std::vector<RegistryLogin>& logins, const ImageReference& image)
{
    const std::string registry = registry_of(canonical_image(image));
    const auto found = std::find_if(logins.begin(), logins.end(),
                                    [&](const RegistryLogin& login) { return login.registry == registry; });
    return found == logins.end() ? nullptr : &*found;
}

std::string encode_registry_auth(const RegistryLogin& login)
{
    const ByteView bytes = login.password.expose();
    const std::string password{bytes.begin(), bytes.end()};
    const std::string body =
        dump_json(Json{{"username", login.username}, {"password", password}, {"serveraddress", login.registry}});
    std::string text = encode_base64url_unpadded(as_bytes(body));
    text.append((4 - text.size() % 4) % 4, '='); // the Engine wants it padded
    return text;
}

} // namespace berth::compute
