#include "nostr/relay_url.h"

#include "unit/nostr/vectors.h"

using namespace berth;
using namespace berth::nostr;
using namespace berth::nostr::test;

TEST_CASE("every published relay URL has the published normal form, or none")
{
    for (const Json& row : vectors("relay-urls.json").at("vectors")) {
        CAPTURE(text(row, "input"));
        const Result<std::string> normal = normalise_relay_url(text(row, "input"));
        REQUIRE(normal.has_value() == row.at("normalised").is_string());
        if (!normal)
            continue;
        CHECK(*normal == text(row, "normalised"));
        CHECK(normalise_relay_url(*normal).value() == *normal);
    }
}

TEST_CASE("no stranger can make us dial a private address, whatever the scheme")
{
    for (const Json& row : vectors("relay-urls.json").at("refuse_when_taken_from_other_peoples_events")) {
        const std::string url = row.get<std::string>();
        CAPTURE(url);
        CHECK_FALSE(is_public_relay_url(url));
        CHECK_FALSE(is_public_relay_url("wss" + url.substr(2)));
    }
    CHECK(is_public_relay_url("wss://relay.example.com"));
    CHECK(is_public_relay_url("wss://[2a01:4f8::1]:7777"));
    CHECK(is_public_relay_url("wss://8.8.8.8"));
    CHECK_FALSE(is_public_relay_url("ws://relay.example.com"));
}
