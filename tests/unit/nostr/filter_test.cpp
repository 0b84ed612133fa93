#include "nostr/filter.h"

#include "unit/nostr/vectors.h"

using namespace berth;
using namespace berth::nostr;
using namespace berth::nostr::test;

TEST_CASE("every published filter matches exactly when it should")
{
    const Json file = vectors("nip01-filters.json");
    const Event subject = event(file.at("event"));
    for (const Json& row : file.at("vectors")) {
        CAPTURE(dump_json(row));
        const Result<Filter> filter = parse_filter(dump_json(row.at("filter")));
        const bool matched = filter && filter->matches(subject);
        CHECK(matched == row.at("match").get<bool>());
        if (filter)
            CHECK(*parse_filter(encode_filter(*filter)) == *filter);
    }
}

TEST_CASE("a filter is written with the members that are set, and no others")
{
    CHECK(encode_filter({}) == "{}");
    CHECK(encode_filter({.kinds = {4, 1059}, .tags = {{'p', {"ab"}}}, .since = 7, .limit = 0}) ==
          R"({"kinds":[4,1059],"#p":["ab"],"since":7,"limit":0})");
    CHECK(encode_filter({.tags = {{'t', {}}}}) == R"({"#t":[]})");
    CHECK_FALSE(Filter{.tags = {{'t', {}}}}.matches(Event{.tags = {{"t", "x"}}}));
}

TEST_CASE("a filter with something we don't know is refused, not guessed at")
{
    for (const char* json :
         {R"({"search":"x"})", R"({"&t":["x"]})", R"({"#tt":["x"]})", R"({"#1":["x"]})", R"({"since":1.5})",
          R"({"since":-1})", R"({"limit":"5"})", R"({"kinds":[65536]})", R"({"kinds":["1"]})", R"({"#p":["short"]})",
          R"({"#t":[1]})", R"({"ids":"x"})", R"({"authors":["ABCD"]})", "[]", "null", R"({"limit":1,"limit":2})"}) {
        CAPTURE(json);
        CHECK_FALSE(parse_filter(json));
    }
}
