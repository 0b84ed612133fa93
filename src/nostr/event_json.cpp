#include "nostr/event_json.h"

#include "util/hex.h"

namespace berth::nostr {

namespace {

Result<Tag> tag_from_json(const Json& array)
{
    if (!array.is_array() || array.empty() || array.size() > kTagElementsMax)
        return fail(Errc::bad_input, "a tag must be an array of 1 to {} strings", kTagElementsMax);
    Tag tag;
    tag.reserve(array.size());
    for (const Json& element : array) {
        if (!element.is_string())
            return fail(Errc::bad_input, "a tag holds something that is not a string");
        const auto& text = element.get_ref<const std::string&>();
        if (text.size() > kTagElementBytesMax)
            return fail(Errc::bad_input, "a tag element of {} bytes, limit {}", text.size(), kTagElementBytesMax);
        tag.push_back(text);
    }
    return tag;
}

Result<Tags> tags_from_json(const Json& object)
{
    const auto found = object.find("tags");
    if (found == object.end() || !found->is_array() || found->size() > kTagsMax)
        return fail(Errc::bad_input, "tags must be an array of at most {} tags", kTagsMax);
    Tags tags;
    tags.reserve(found->size());
    for (const Json& array : *found) {
        Tag tag = TRY(tag_from_json(array));
        tags.push_back(std::move(tag));
    }
    return tags;
}

template <size_t N>
Result<std::array<uint8_t, N>> hex_from_json(const Json& object, const char* member)
{
    const std::string text = TRY(json_string(object, member));
    return decode_hex_array<N>(text);
}

} // namespace

JsonLimits protocol_json_limits(size_t bytes_max)
{
    return {.bytes_max = bytes_max, .depth_max = 8, .items_max = 20'000};
}

Result<Event> unsigned_event_from_json(const Json& object)
{
    if (!object.is_object())
        return fail(Errc::bad_input, "an event must be an object");
    Event event;
    event.pubkey = TRY(hex_from_json<32>(object, "pubkey"));
    const uint64_t created_at = TRY(json_u64(object, "created_at"));
    const uint64_t kind = TRY(json_u64(object, "kind"));
    if (created_at > kIntegerMax || kind > UINT16_MAX)
        return fail(Errc::bad_input, "created_at or kind is out of range");
    event.created_at = static_cast<int64_t>(created_at);
    event.kind = static_cast<Kind>(kind);
    event.tags = TRY(tags_from_json(object));
    event.content = TRY(json_string(object, "content"));
    return event;
}

Result<Event> event_from_json(const Json& object)
{
    Event event = TRY(unsigned_event_from_json(object));
    event.id = TRY(hex_from_json<32>(object, "id"));
    event.sig = TRY(hex_from_json<64>(object, "sig"));
    return event;
}

Result<Event> parse_event(std::string_view json)
{
    const Json object = TRY(parse_json(json, protocol_json_limits()));
    return event_from_json(object);
}

} // namespace berth::nostr
