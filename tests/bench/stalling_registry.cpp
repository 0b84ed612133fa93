#include "bench/stalling_registry.h"

#include "crypto/hash.h"
#include "util/hex.h"

namespace berth::bench {

namespace {

constexpr const char* kManifestType = "application/vnd.docker.distribution.manifest.v2+json";
constexpr const char* kManifest = R"({{"schemaVersion":2,"mediaType":"{0}","config":{{"mediaType":
"application/vnd.docker.container.image.v1+json","size":100,"digest":"sha256:{1}"}},"layers":[{{"mediaType":
"application/vnd.docker.image.rootfs.diff.tar.gzip","size":100000,"digest":"sha256:{2}"}}]}})";

/// Digests of nothing that there is, but of their own for each path: a layer that images share is fetched once.
std::string manifest_at(const std::string& path)
{
    const auto digest = [&](const char* what) {
        crypto::Sha256 hash;
        return encode_hex(hash.update(what).update(path).finish());
    };
    return fmt::format(fmt::runtime(kManifest), kManifestType, digest("config"), digest("layer"));
}

} // namespace

Result<std::unique_ptr<StallingRegistry>> StallingRegistry::open(net::NetThread& net)
{
    std::unique_ptr<StallingRegistry> registry{new StallingRegistry};
    const auto on_request = [&net, held = registry->held_](const net::ServedRequest& request) {
        if (request.path == "/v2/")
            return net.respond(request.id, 200, "application/json", "{}");
        if (request.path.find("/manifests/") != std::string::npos)
            return net.respond(request.id, 200, kManifestType, manifest_at(request.path));
        ++*held;
    };
    registry->port_ =
        TRY(net.serve(net::ServeOptions{.address = "127.0.0.1", .on_socket = nullptr, .on_request = on_request}));
    return registry;
}

std::string StallingRegistry::image(const std::string& name) const
{
    return fmt::format("127.0.0.1:{}/{}:1", port_, name);
}

} // namespace berth::bench
