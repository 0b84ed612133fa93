#include "nostr/nip13.h"

#include <algorithm>
#include <bit>
#include <charconv>

namespace berth::nostr {

unsigned difficulty_of(const EventId& id)
{
    const auto first = std::find_if(id.begin(), id.end(), [](uint8_t byte) { return byte != 0; });
    const auto whole_bytes = static_cast<unsigned>(first - id.begin());
    return 8 * whole_bytes + (first == id.end() ? 0 : static_cast<unsigned>(std::countl_zero(*first)));
}

bool meets_difficulty(const Event& event, unsigned bits)
{
    if (bits == 0)
        return true;
    const auto nonce = std::find_if(event.tags.begin(), event.tags.end(),
                                    [](const Tag& tag) { return tag.size() > 2 && tag[0] == "nonce"; });
    if (nonce == event.tags.end() || difficulty_of(event.id) < bits)
        return false;
    const std::string& text = (*nonce)[2];
    unsigned target = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, target);
    return error == std::errc{} && stopped == end && target >= bits;
}

} // namespace berth::nostr
