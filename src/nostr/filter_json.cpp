#include "nostr/event_json.h"
#include "util/hex.h"

#include <algorithm>

namespace berth::nostr {

namespace {

bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

Result<std::vector<std::string>> strings_from_json(const Json& list, std::string_view member)
{
    if (!list.is_array() || !std::all_of(list.begin(), list.end(), [](const Json& value) { return value.is_string(); }))
        return fail(Errc::bad_input, "filter {} must be an array of strings", member);
    return list.get<std::vector<std::string>>();
}

Result<std::vector<Bytes32>> hashes_from_json(const Json& list, std::string_view member)
{
    const std::vector<std::string> texts = TRY(strings_from_json(list, member));
    std::vector<Bytes32> out;
    for (const std::string& text : texts) {
        const Bytes32 bytes = TRY(decode_hex_array<32>(text));
        out.push_back(bytes);
    }
    return out;
}

Result<std::vector<Kind>> kinds_from_json(const Json& list)
{
    const auto is_kind = [](const Json& value) { return value.is_number_unsigned() && value <= UINT16_MAX; };
    if (!list.is_array() || !std::all_of(list.begin(), list.end(), is_kind))
        return fail(Errc::bad_input, "filter kinds must be an array of integers up to 65535");
    return list.get<std::vector<Kind>>();
}

Result<uint64_t> integer_from_json(const Json& value, std::string_view member)
{
    if (!value.is_number_unsigned() || value > kIntegerMax)
        return fail(Errc::bad_input, "filter {} must be an integer that is not negative", member);
    return value.get<uint64_t>();
}

Result<void> read_tag_list(Filter& filter, char name, const Json& list)
{
    if (name == 'e' || name == 'p')
        TRY(hashes_from_json(list, std::string{'#', name}));
    filter.tags[name] = TRY(strings_from_json(list, std::string{'#', name}));
    return {};
}

Result<void> read_member(Filter& filter, const std::string& name, const Json& value)
{
    if (name == "ids") {
        filter.ids = TRY(hashes_from_json(value, name));
    } else if (name == "authors") {
        filter.authors = TRY(hashes_from_json(value, name));
    } else if (name == "kinds") {
        filter.kinds = TRY(kinds_from_json(value));
    } else if (name.size() == 2 && name[0] == '#' && is_letter(name[1])) {
        TRY(read_tag_list(filter, name[1], value));
    } else if (name == "limit") {
        filter.limit = TRY(integer_from_json(value, name));
    } else if (name == "since" || name == "until") {
        const uint64_t time = TRY(integer_from_json(value, name));
        (name == "since" ? filter.since : filter.until) = static_cast<int64_t>(time);
    } else {
        return fail(Errc::bad_input, "unknown filter member");
    }
    return {};
}

} // namespace

Result<Filter> filter_from_json(const Json& object)
{
    if (!object.is_object())
        return fail(Errc::bad_input, "a filter must be an object");
    Filter filter;
    for (const auto& [name, value] : object.items()) {
        TRY(read_member(filter, name, value));
        if (value.is_array() && value.empty() && name[0] != '#')
            filter.matches_nothing = true;
    }
    if (filter.matches_nothing)
        filter.ids.clear();
    return filter;
}

Result<Filter> parse_filter(std::string_view json)
{
    const Json object = TRY(parse_json(json, protocol_json_limits()));
    return filter_from_json(object);
}

} // namespace berth::nostr
