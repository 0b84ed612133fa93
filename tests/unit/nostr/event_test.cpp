#include "unit/nostr/vectors.h"

#include <map>
#include <set>

using namespace berth;
using namespace berth::nostr;
using namespace berth::nostr::test;

TEST_CASE("a published valid event parses, verifies and is written back unchanged")
{
    for (const Json& row : vectors("nip01-events.json").at("valid")) {
        CAPTURE(text(row, "name"));
        const Result<Event> parsed = parse_event(dump_json(row.at("event")));
        REQUIRE(parsed);
        CHECK(verify_event(*parsed));
        CHECK(*parse_json(encode_event(*parsed)) == row.at("event"));
        CHECK(*parse_event(encode_event(*parsed)) == *parsed);
    }
}

TEST_CASE("the id is over the decoded text, however the wire spells it")
{
    for (const Json& row : vectors("nip01-events.json").at("valid_wire_forms")) {
        CAPTURE(text(row, "name"));
        const Result<Event> parsed = parse_event(text(row, "json"));
        REQUIRE(parsed);
        CHECK(verify_event(*parsed));
        CHECK(parsed->id_hex() == text(row, "id"));
    }
}

TEST_CASE("no published invalid event gets past parsing and verification")
{
    const Json file = vectors("nip01-events.json");
    for (const Json& row : file.at("invalid")) {
        CAPTURE(text(row, "name"));
        const Result<Event> parsed = parse_event(text(row, "json"));
        const bool well_formed = text(row, "reason").starts_with("bad id") ||
                                 text(row, "reason").starts_with("bad signature") ||
                                 text(row, "reason").starts_with("bad public key");
        CHECK(parsed.has_value() == well_formed);
        if (parsed)
            CHECK_FALSE(verify_event(*parsed));
    }
    for (const Json& row : file.at("invalid_bytes")) {
        const Bytes bytes = decode_hex(text(row, "frame_hex")).value();
        CHECK_FALSE(parse_event(as_text(bytes)));
    }
}

TEST_CASE("every serialisation vector has the published id and signature")
{
    const Json file = vectors("nip01-serialization.json");
    FixedRandom zero;
    for (const Json& row : file.at("vectors")) {
        CAPTURE(text(row, "name"));
        const Bytes bytes = decode_hex(text(row, "content_utf8_hex")).value();
        const std::string content{as_text(bytes)};
        const Draft draft{.created_at = 1'700'000'000, .kind = 1, .tags = {{"t", content}}, .content = content};
        const Event signed_event = sign_event(draft, secret_key(text(file, "secret_key")), zero);
        CHECK(signed_event.id_hex() == text(row, "id"));
        CHECK(encode_hex(signed_event.sig) == text(row, "sig"));
        CHECK(verify_event(signed_event));
        CHECK(*parse_event(encode_event(signed_event)) == signed_event);
    }
}

TEST_CASE("our JSON writer agrees with the general one on every byte below 0x80")
{
    for (int c = 0; c < 0x80; ++c) {
        const std::string content(1, static_cast<char>(c));
        const Event made{.content = content};
        const std::string expected = "\"content\":" + dump_json(Json(content)) + ",";
        CHECK(encode_event(made).find(expected) != std::string::npos);
    }
}

TEST_CASE("the newest version wins, and on a tie the lowest id")
{
    for (const Json& row : vectors("nip01-events.json").at("replaceable_winner")) {
        CAPTURE(text(row, "name"));
        std::map<std::string, Event> newest;
        for (const Json& object : row.at("events")) {
            const Event candidate = event(object);
            const std::string address = candidate.tag_value("d").value_or("");
            const auto found = newest.find(address);
            if (found == newest.end() || supersedes(candidate, found->second))
                newest.insert_or_assign(address, candidate);
        }
        std::set<std::string> expected;
        if (row.contains("winner"))
            expected.insert(text(row, "winner"));
        else
            expected = row.at("winners").get<std::set<std::string>>();
        std::set<std::string> winners;
        for (const auto& [address, winner] : newest)
            winners.insert(winner.id_hex());
        CHECK(winners == expected);
    }
}

TEST_CASE("every kind falls into its published class")
{
    for (const Json& row : vectors("nip01-events.json").at("kind_class")) {
        const auto kind = row.at(0).get<Kind>();
        const std::string name = row.at(1).get<std::string>();
        CAPTURE(kind);
        CHECK(is_ephemeral(kind) == (name == "ephemeral"));
        CHECK(is_replaceable(kind) == (name == "replaceable"));
        CHECK(is_addressable(kind) == (name == "addressable"));
    }
}

TEST_CASE("an event expires at its expiration, and unreadable values don't count")
{
    const auto with = [](Tags tags) { return Event{.tags = std::move(tags)}; };
    CHECK(is_expired(with({{"expiration", "1000"}}), 1000));
    CHECK_FALSE(is_expired(with({{"expiration", "1000"}}), 999));
    CHECK_FALSE(is_expired(with({{"expiration", "1000x"}}), 5000));
    CHECK_FALSE(is_expired(with({{"expiration", "-1"}}), 5000));
    CHECK_FALSE(is_expired(with({{"expiration"}}), 5000));
    CHECK_FALSE(is_expired(with({{"expiration", "9000"}, {"expiration", "1000"}}), 5000));
    CHECK_FALSE(is_expired(with({}), 5000));
}

TEST_CASE("events beyond the limits on tags are refused")
{
    const auto parses = [](const Tags& tags) { return parse_event(encode_event(Event{.tags = tags})).has_value(); };
    CHECK(parses(Tags(500, Tag{"t"})));
    CHECK_FALSE(parses(Tags(501, Tag{"t"})));
    CHECK(parses({Tag(32, "x")}));
    CHECK_FALSE(parses({Tag(33, "x")}));
    CHECK(parses({{"t", std::string(4096, 'x')}}));
    CHECK_FALSE(parses({{"t", std::string(4097, 'x')}}));
    CHECK_FALSE(parse_event(encode_event(Event{.content = std::string(131'072, 'x')})));
}
