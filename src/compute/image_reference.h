#pragma once
// Image references: what an image is called at a registry. Pure; never touches a registry.

#include "util/result.h"

#include <string>
#include <string_view>

namespace berth::compute {

/// The parts of a reference. `name` keeps the host: `127.0.0.1:5000/team/app`.
struct ImageReference {
    std::string name;
    std::string tag;    ///< empty when only a digest is given
    std::string digest; ///< `sha256:…`, or empty
};

/// Splits [host[:port]/]name[:tag][@digest], at most 255 characters; `latest` when neither tag nor digest is given.
/// bad_input for everything else: upper-case names, empty path components, spaces, control characters, other digests.
[[nodiscard]] Result<ImageReference> split_image_reference(std::string_view text);

/// The same as one text, with `:latest` added when neither tag nor digest is given. Parsing its result changes nothing.
[[nodiscard]] Result<std::string> parse_image_reference(std::string_view text);

} // namespace berth::compute
