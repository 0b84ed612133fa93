#include "nostr/relay_lists.h"

#include "nostr/relay_url.h"

#include <algorithm>

namespace berth::nostr {

namespace {

/// The relay in a tag of this name, if strangers may send us there.
std::optional<std::string> public_relay_of(const Tag& tag, std::string_view name)
{
    if (tag.size() < 2 || tag[0] != name || !is_public_relay_url(tag[1]))
        return std::nullopt;
    Result<std::string> url = normalise_relay_url(tag[1]);
    return url ? std::optional{std::move(*url)} : std::nullopt;
}

void add(std::vector<std::string>& list, const std::string& url, size_t entries_max)
{
    if (list.size() < entries_max && std::find(list.begin(), list.end(), url) == list.end())
        list.push_back(url);
}

Draft make_list(Kind kind, const char* name, const std::vector<std::string>& relays)
{
    Draft draft{.created_at = 0, .kind = kind, .tags = {}, .content = {}};
    for (const std::string& url : relays)
        draft.tags.push_back({name, url});
    return draft;
}

} // namespace

RelayList parse_relay_list(const Event& event)
{
    RelayList list;
    for (const Tag& tag : event.tags) {
        const std::optional<std::string> url = public_relay_of(tag, "r");
        if (!url)
            continue;
        const std::string_view marker = tag.size() > 2 ? std::string_view{tag[2]} : std::string_view{};
        if (marker.empty() || marker == "read")
            add(list.read, *url, kRelayListEntriesMax);
        if (marker.empty() || marker == "write")
            add(list.write, *url, kRelayListEntriesMax);
    }
    return list;
}

std::vector<std::string> parse_dm_relay_list(const Event& event)
{
    std::vector<std::string> list;
    for (const Tag& tag : event.tags)
        if (const std::optional<std::string> url = public_relay_of(tag, "relay"))
            add(list, *url, kDmRelaysMax);
    return list;
}

Draft make_relay_list(const std::vector<std::string>& relays)
{
    return make_list(kind::relay_list, "r", relays);
}

Draft make_dm_relay_list(const std::vector<std::string>& relays)
{
    return make_list(kind::dm_relays, "relay", relays);
}

} // namespace berth::nostr
