#include "compute/image_rules.h"

#include <algorithm>

#include <arpa/inet.h>

namespace berth::compute {

namespace {

constexpr std::string_view kDefaultRegistry = "docker.io";
constexpr std::string_view kDefaultNamespace = "library/";
constexpr std::string_view kDefaultPort = "443";

struct Registry {
    std::string host;
    std::string port;
};

bool is_host_of_name(std::string_view first)
{
    return first.find_first_of(".:") != std::string_view::npos || first == "localhost";
}

std::string lower(std::string_view text)
{
    std::string made{text};
    std::transform(made.begin(), made.end(), made.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return made;
}

/// 127.1 and 0x7f000001 reach the same host as 127.0.0.1.
std::string one_address_spelling(std::string host)
{
    in_addr address{};
    char text[INET_ADDRSTRLEN];
    if (::inet_aton(host.c_str(), &address) != 0 && ::inet_ntop(AF_INET, &address, text, sizeof text))
        return text;
    return host;
}

Registry split_registry(std::string_view text)
{
    const size_t colon = text.find(':');
    Registry registry{.host = one_address_spelling(lower(text.substr(0, colon))), .port = {}};
    // A host without a dot keeps its port: without either it would be taken for a part of the default registry.
    const bool is_default =
        colon == std::string_view::npos || (text.substr(colon + 1) == kDefaultPort && is_host_of_name(registry.host));
    if (!is_default)
        registry.port = text.substr(colon + 1);
    if (registry.port.empty() && (registry.host == "index.docker.io" || registry.host == "registry-1.docker.io" ||
                                  registry.host == "registry.hub.docker.com"))
        registry.host = kDefaultRegistry;
    return registry;
}

/// `is_namespace`: the name ends before its last component, so `library/` is not put before it.
CanonicalImage canonical(const ImageReference& image, bool is_namespace)
{
    CanonicalImage made{.host = std::string{kDefaultRegistry},
                        .port = {},
                        .path = image.name,
                        .tag = image.tag,
                        .digest = image.digest};
    const size_t slash = image.name.find('/');
    if (slash != std::string::npos && is_host_of_name(std::string_view{image.name}.substr(0, slash))) {
        Registry registry = split_registry(std::string_view{image.name}.substr(0, slash));
        made.host = std::move(registry.host);
        made.port = std::move(registry.port);
        made.path.erase(0, slash + 1);
    }
    if (!is_namespace && made.host == kDefaultRegistry && made.path.find('/') == std::string::npos)
        made.path.insert(0, kDefaultNamespace);
    return made;
}

/// `registry.example`, `registry.example:5000`, `localhost`: a registry rather than an image, which has no dot there.
bool is_registry_alone(std::string_view text)
{
    if (text.find('/') != std::string_view::npos)
        return false;
    const std::string host = lower(text.substr(0, text.find(':')));
    return host == "localhost" || host.find('.') != std::string::npos;
}

} // namespace

CanonicalImage canonical_image(const ImageReference& image)
{
    return canonical(image, false);
}

std::string canonical_registry(std::string_view host)
{
    return registry_of({.host = split_registry(host).host, .port = split_registry(host).port});
}

std::string registry_of(const CanonicalImage& image)
{
    return image.port.empty() ? image.host : image.host + ":" + image.port;
}

Result<std::string> full_image_name(std::string_view text)
{
    const ImageReference reference = TRY(split_image_reference(text));
    const CanonicalImage image = canonical_image(reference);
    const bool by_digest = !image.digest.empty();
    return fmt::format("{}/{}{}{}", registry_of(image), image.path, by_digest ? "@" : ":",
                       by_digest ? image.digest : image.tag);
}

Result<ImageRule> ImageRule::parse(std::string_view text)
{
    ImageRule rule;
    rule.is_everything_ = text == "*";
    if (rule.is_everything_)
        return rule;
    const bool is_below = text.ends_with('/');
    const std::string_view name = text.substr(0, text.size() - (is_below ? 1 : 0));
    if (is_registry_alone(name)) {
        // The registry's name is checked as that of an image in it.
        const ImageReference any = TRY(split_image_reference(std::string{name} + "/any"));
        rule.prefix_ = canonical(any, true);
        rule.prefix_.path.clear();
        rule.prefix_.tag.clear();
        return rule;
    }
    const ImageReference image = TRY(split_image_reference(name));
    rule.prefix_ = canonical(image, is_below);
    const bool has_tag = name.size() > image.name.size() && name[image.name.size()] == ':';
    if (!has_tag)
        rule.prefix_.tag.clear();
    if (is_below && (has_tag || !image.digest.empty()))
        return fail(Errc::bad_input, "nothing lies below an image with a tag or digest");
    return rule;
}

bool ImageRule::covers_path(const CanonicalImage& image) const
{
    if (prefix_.path.empty() || image.path == prefix_.path)
        return true;
    const bool is_exact = !prefix_.tag.empty() || !prefix_.digest.empty();
    return !is_exact && image.path.starts_with(prefix_.path + "/");
}

bool ImageRule::allows(const CanonicalImage& image) const
{
    if (is_everything_)
        return true;
    if (image.host != prefix_.host || image.port != prefix_.port || !covers_path(image))
        return false;
    if (!prefix_.digest.empty())
        return image.digest == prefix_.digest;
    return prefix_.tag.empty() || (image.tag == prefix_.tag && image.digest.empty());
}

bool ImageRule::denies(const CanonicalImage& image) const
{
    if (is_everything_)
        return true;
    if (image.host != prefix_.host || (!prefix_.port.empty() && image.port != prefix_.port) || !covers_path(image))
        return false;
    const bool by_tag = !prefix_.tag.empty() && image.tag == prefix_.tag;
    const bool by_digest = !prefix_.digest.empty() && image.digest == prefix_.digest;
    return (prefix_.tag.empty() && prefix_.digest.empty()) || by_tag || by_digest;
}

} // namespace berth::compute
