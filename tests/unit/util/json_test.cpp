#include "util/json.h"

#include <doctest/doctest.h>

using namespace berth;

namespace {

std::string nested(size_t depth)
{
    return std::string(depth, '[') + std::string(depth, ']');
}

} // namespace

TEST_CASE("one JSON text is read, with white space around it")
{
    CHECK(parse_json(" {\"a\":[1,true,null,\"x\"]}\n").value().at("a").size() == 4);
    CHECK(parse_json("5"));
    CHECK(parse_json("\"\\ud83d\\ude00\"").value() == "\xf0\x9f\x98\x80");
}

TEST_CASE("what is not exactly one JSON text is refused")
{
    for (const char* text : {"", " ", "{", "[1,]", "{'a':1}", "[1][2]", "1 2", "NaN", "Infinity", "[01]", "[+1]",
                             "[.5]", "// c\n1", "{\"a\" 1}", "{1:2}", "\"\n\"", "\"\\x\"", "tru"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_json(text));
    }
}

TEST_CASE("a member that appears twice is refused at any depth, in any spelling")
{
    CHECK_FALSE(parse_json(R"({"a":1,"a":1})"));
    CHECK_FALSE(parse_json(R"({"a":1,"b":2,"\u0061":3})"));
    CHECK_FALSE(parse_json(R"([{"x":{"a":1,"a":2}}])"));
    CHECK(parse_json(R"({"a":{"a":{"a":1}},"b":{"a":1}})"));
}

TEST_CASE("byte-order marks, bad UTF-8 and lone surrogates are refused")
{
    CHECK_FALSE(parse_json("\xef\xbb\xbf{}"));
    CHECK_FALSE(parse_json("\"\xff\""));
    CHECK_FALSE(parse_json("\"\xed\xa0\x80\""));
    CHECK_FALSE(parse_json(R"("\ud800")"));
    CHECK_FALSE(parse_json(R"("\udc00\ud800")"));
}

TEST_CASE("nesting stops at the limit, however deep the bomb")
{
    CHECK(parse_json(nested(16)));
    CHECK_FALSE(parse_json(nested(17)));
    CHECK_FALSE(parse_json(nested(100'000)));
    CHECK_FALSE(parse_json(std::string(500'000, '[')));
    CHECK(parse_json(nested(3), JsonLimits{.depth_max = 3}));
}

TEST_CASE("bytes and items are counted")
{
    CHECK(parse_json("[1,2]", JsonLimits{.bytes_max = 5}));
    CHECK_FALSE(parse_json("[1,2]", JsonLimits{.bytes_max = 4}));
    CHECK(parse_json("[1,2]", JsonLimits{.items_max = 3}));
    CHECK_FALSE(parse_json("[1,2]", JsonLimits{.items_max = 2}));
    CHECK(parse_json(R"({"a":1})", JsonLimits{.items_max = 3}));
    CHECK_FALSE(parse_json(R"({"a":1})", JsonLimits{.items_max = 2}));
}

TEST_CASE("an integer is an integer: no fractions, exponents, signs or texts")
{
    const Json object =
        parse_json(R"({"max":18446744073709551615,"more":18446744073709551616,"half":0.5,"whole":1.0,"e":1e3,)"
                   R"("minus":-1,"text":"1","yes":true,"no":null})")
            .value();
    CHECK(json_u64(object, "max").value() == UINT64_MAX);
    for (const char* member : {"more", "half", "whole", "e", "minus", "text", "yes", "no", "absent"}) {
        CAPTURE(member);
        CHECK_FALSE(json_u64(object, member));
    }
}

TEST_CASE("a number beyond a double is refused")
{
    CHECK_FALSE(parse_json("1e999"));
}

TEST_CASE("members have the type that was asked for")
{
    const Json object = parse_json(R"({"text":"x","number":1,"yes":true,"no":null})").value();
    CHECK(json_string(object, "text").value() == "x");
    CHECK_FALSE(json_string(object, "number"));
    CHECK(json_bool(object, "yes").value());
    CHECK_FALSE(json_bool(object, "number"));
    CHECK_FALSE(json_string(Json::array(), "text"));
    CHECK(json_string(object, "number").error().message.find("number") != std::string::npos);
}

TEST_CASE("an optional member may be absent or null, but not of another type")
{
    const Json object = parse_json(R"({"text":"x","number":1,"no":null})").value();
    CHECK(json_optional_string(object, "text").value() == "x");
    CHECK_FALSE(json_optional_string(object, "no").value().has_value());
    CHECK_FALSE(json_optional_u64(object, "absent").value().has_value());
    CHECK(json_optional_u64(object, "number").value() == 1);
    CHECK_FALSE(json_optional_string(object, "number"));
    CHECK_FALSE(json_optional_u64(object, "text"));
    CHECK_FALSE(json_optional_u64(Json("text"), "text"));
}

TEST_CASE("what is written is read again as it was")
{
    const std::string text = R"({"a":[1,-2,"\n\"\\é"],"b":null})";
    CHECK(dump_json(parse_json(text).value()) == text);
}
