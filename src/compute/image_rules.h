#pragma once
// Rules about which images may be used: prefixes of an image's full name, compared at the borders of its components, so
// that no other spelling of the same image slips past. Pure.

#include "compute/image_reference.h"

#include <string>
#include <string_view>

namespace berth::compute {

/// What an image is called in full, in one spelling: `Ubuntu` of the default registry is docker.io, library/ubuntu.
struct CanonicalImage {
    std::string host; ///< lower case, an address in dotted form; docker.io under all its names
    std::string port; ///< empty for the default one
    std::string path;
    std::string tag;    ///< empty when only a digest is given
    std::string digest; ///< `sha256:…`, or empty; then it decides, whatever the tag
};

[[nodiscard]] CanonicalImage canonical_image(const ImageReference& image);
/// A registry's host[:port] in the spelling of CanonicalImage.
[[nodiscard]] std::string canonical_registry(std::string_view host);
/// host[:port] of an image that is already canonical.
[[nodiscard]] std::string registry_of(const CanonicalImage& image);

/// The one spelling of an image's reference: registry/path:tag, or registry/path@digest. bad_input if it is none.
[[nodiscard]] Result<std::string> full_image_name(std::string_view text);

/// One entry of an allow or deny list:
///   `*`                           every image
///   `registry.example`            that registry; a deny rule without a port covers all its ports
///   `registry.example:5000/team/` what lies below it there
///   `ubuntu`                      docker.io/library/ubuntu, with whatever tag; `bitnami/`: all of docker.io/bitnami
///   `redis:7`                     that tag only; with @sha256:… that very image only
class ImageRule {
public:
    /// bad_input when it can't match any image.
    [[nodiscard]] static Result<ImageRule> parse(std::string_view text);

    /// Whether a list that allows contains the image. A tag does not vouch for an image that is named by its digest.
    [[nodiscard]] bool allows(const CanonicalImage& image) const;
    /// Whether a list that denies does: in doubt, yes.
    [[nodiscard]] bool denies(const CanonicalImage& image) const;
    /// It is the `*`, and so names no image in particular.
    [[nodiscard]] bool is_everything() const { return is_everything_; }

private:
    ImageRule() = default;
    [[nodiscard]] bool covers_path(const CanonicalImage& image) const;

    bool is_everything_ = false;
    CanonicalImage prefix_; ///< an empty path: the whole registry
};

} // namespace berth::compute
