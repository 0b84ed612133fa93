#include "nostr/relay_lists.h"

#include "unit/nostr/vectors.h"

using namespace berth;
using namespace berth::nostr;
using namespace berth::nostr::test;

TEST_CASE("every published relay list yields the published relays")
{
    for (const Json& row : vectors("relay-lists.json").at("vectors")) {
        CAPTURE(text(row, "name"));
        const Event list = event(row.at("event"));
        CHECK(verify_event(list));
        using Urls = std::vector<std::string>;
        if (row.contains("read"))
            CHECK(parse_relay_list(list).read == row.at("read").get<Urls>());
        if (row.contains("write"))
            CHECK(parse_relay_list(list).write == row.at("write").get<Urls>());
        for (const char* member : {"dm", "dm_first"})
            if (row.contains(member))
                CHECK(parse_dm_relay_list(list) == row.at(member).get<Urls>());
    }
}

TEST_CASE("our own lists name each relay once, for reading and writing")
{
    const std::vector<std::string> relays{"wss://a.example.com", "wss://b.example.com"};
    const Draft both = make_relay_list(relays);
    CHECK(both.kind == kind::relay_list);
    CHECK(parse_relay_list(Event{.tags = both.tags}).read == relays);
    CHECK(parse_relay_list(Event{.tags = both.tags}).write == relays);
    const Draft inbox = make_dm_relay_list(relays);
    CHECK(inbox.kind == kind::dm_relays);
    CHECK(parse_dm_relay_list(Event{.tags = inbox.tags}) == relays);
}
