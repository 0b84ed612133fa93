#include "compute/image_config.h"

namespace berth::compute {

Result<void> check_image_config(const ImageConfig& config)
{
    if (config.bytes > kImageConfigBytesMax)
        return fail(Errc::bad_input, "an image with a configuration of {} bytes, the limit is {}", config.bytes,
                    kImageConfigBytesMax);
    if (config.entries > kImageConfigEntriesMax)
        return fail(Errc::bad_input, "an image with {} labels, variables and exposed ports, the limit is {}",
                    config.entries, kImageConfigEntriesMax);
    if (config.volumes > kImageVolumesMax)
        return fail(Errc::bad_input, "an image with {} volumes, the limit is {}", config.volumes, kImageVolumesMax);
    return {};
}

} // namespace berth::compute
