// A parsed event is written and read again as the same event, within the limits.

#include "nostr/event_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    using namespace berth;
    const auto event = nostr::parse_event(as_text({data, size}));
    if (!event)
        return 0;
    VERIFY(event->tags.size() <= nostr::kTagsMax);
    for (const nostr::Tag& tag : event->tags)
        VERIFY(tag.size() <= nostr::kTagElementsMax);
    (void)nostr::verify_event(*event);
    (void)nostr::is_expired(*event, 1'700'000'000);
    const std::string text = nostr::encode_event(*event);
    const auto again = nostr::parse_event(text);
    // Escapes can make the text longer than it came.
    VERIFY(text.size() > nostr::kEventBytesMax || (again.has_value() && *again == *event));
    return 0;
}
