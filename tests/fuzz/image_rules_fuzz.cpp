#include "compute/image_rules.h"

#include "util/check.h"

using namespace berth::compute;

/// A rule and an image, a line each. The rule that names an image's repository in full denies that image, an image's
/// full name is the full name of itself, and what a rule allows it would also deny.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const size_t end = text.find('\n');
    const auto rule = ImageRule::parse(text.substr(0, end));
    const auto image = split_image_reference(end == std::string_view::npos ? text : text.substr(end + 1));
    if (!image)
        return 0;
    const CanonicalImage full = canonical_image(*image);
    const std::string name = registry_of(full) + "/" + full.path;
    if (const auto again = split_image_reference(name)) {
        VERIFY(registry_of(canonical_image(*again)) == registry_of(full));
        VERIFY(canonical_image(*again).path == full.path);
        const auto own = ImageRule::parse(name);
        VERIFY(own.has_value() && own->denies(full) && own->allows(full));
    }
    if (rule && rule->allows(full))
        VERIFY(rule->denies(full));
    return 0;
}
