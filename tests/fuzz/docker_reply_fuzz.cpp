// Whatever an Engine answers, a parsed object has an id, and a failure is corrupt.

#include "compute/docker_reply.h"

#include "util/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    using namespace berth;
    using namespace berth::compute;
    const std::string_view body = as_text({data, size});
    if (const auto container = parse_container(body))
        VERIFY(!container->id.empty() && !container->status.empty());
    else
        VERIFY(container.error().code == Errc::corrupt);
    for (const auto& list : {parse_container_list(body), parse_network_list(body), parse_volume_list(body)}) {
        if (!list) {
            VERIFY(list.error().code == Errc::corrupt);
            continue;
        }
        for (const ListedObject& object : *list)
            VERIFY(!object.id.empty());
    }
    if (const auto version = parse_version(body)) {
        const auto minor = choose_api_minor(*version);
        VERIFY(!minor || (*minor >= kApiMinorOldest && *minor <= kApiMinorNewest));
    }
    if (const auto id = parse_created_id(body))
        VERIFY(!id->empty());
    VERIFY(parse_error_message(body).size() <= 400);
    if (const auto images = parse_image_list(body)) {
        for (const StoredImage& image : *images)
            VERIFY(!image.id.empty() && !image.names.empty());
    } else {
        VERIFY(images.error().code == Errc::corrupt);
    }
    if (const auto digest = parse_distribution(body))
        VERIFY(digest->starts_with("sha256:") && digest->size() == 71);
    if (const auto disk = parse_container_disk(body); !disk)
        VERIFY(disk.error().code == Errc::corrupt);
    if (const auto bytes = parse_layer_bytes(body); !bytes)
        VERIFY(bytes.error().code == Errc::corrupt);
    (void)parse_info(body);
    (void)parse_image(body);
    return 0;
}
