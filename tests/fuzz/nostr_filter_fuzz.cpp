// A parsed filter is written and read again as the same filter, and never fails to judge an event.

#include "nostr/filter.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size)
{
    using namespace berth;
    const auto filter = nostr::parse_filter(as_text({data, size}));
    if (!filter)
        return 0;
    const nostr::Event event{.created_at = 1'700'000'000, .kind = 1059, .tags = {{"p", "x"}, {"t"}, {}}, .content = ""};
    VERIFY(!filter->matches_nothing || !filter->matches(event));
    const std::string text = nostr::encode_filter(*filter);
    const auto again = nostr::parse_filter(text);
    VERIFY(again.has_value() && again->matches(event) == filter->matches(event));
    VERIFY(nostr::encode_filter(*again) == text);
    return 0;
}
