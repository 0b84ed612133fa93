// Whatever a relay sends, a client gets a bounded frame or a refusal; texts for the log hold no control characters.

#include "nostr/relay/frame.h"

#include "nostr/relay/refusal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    using namespace berth;
    using namespace berth::nostr::relay;
    const std::string_view text = as_text({data, size});
    const auto frame = parse_frame(text);
    if (!frame)
        return 0;
    if (const auto* event = std::get_if<EventFrame>(&*frame))
        VERIFY(event->request_id.size() <= size && event->event.content.size() <= size);
    if (const auto* ok = std::get_if<OkFrame>(&*frame))
        (void)refusal_of(ok->text);
    if (const auto* notice = std::get_if<NoticeFrame>(&*frame)) {
        (void)meaning_of_notice(notice->text);
        const std::string shown = nostr::relay::printable(notice->text);
        VERIFY(shown.size() <= 512 && shown.find_first_of("\n\r\x1b") == std::string::npos);
    }
    return 0;
}
