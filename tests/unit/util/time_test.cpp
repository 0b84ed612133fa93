#include "util/time.h"

#include <doctest/doctest.h>

using namespace berth;
using namespace std::chrono_literals;

TEST_CASE("wire seconds are rounded down, before 1970 too")
{
    CHECK(unix_seconds(UnixTime{1999ms}) == 1);
    CHECK(unix_seconds(UnixTime{-1ms}) == -1);
    CHECK(unix_seconds(from_unix_seconds(1'700'000'000)) == 1'700'000'000);
}

TEST_CASE("RFC 3339 text comes back as the same second")
{
    CHECK(rfc3339(from_unix_seconds(0)) == "1970-01-01T00:00:00Z");
    CHECK(rfc3339(from_unix_seconds(1'700'000'000)) == "2023-11-14T22:13:20Z");
    for (const int64_t seconds : {int64_t{0}, int64_t{951'782'400}, int64_t{1'700'000'000}, int64_t{4'102'444'799}})
        CHECK(parse_rfc3339(rfc3339(from_unix_seconds(seconds))).value() == from_unix_seconds(seconds));
}

TEST_CASE("fractions are dropped, and UTC has two spellings")
{
    const UnixTime expected = from_unix_seconds(1'700'000'000);
    CHECK(parse_rfc3339("2023-11-14T22:13:20.123456789Z").value() == expected);
    CHECK(parse_rfc3339("2023-11-14T22:13:20+00:00").value() == expected);
}

TEST_CASE("what is no time, or none in UTC, is refused")
{
    for (const char* text :
         {"", "2023-11-14", "2023-11-14T22:13:20", "2023-11-14T22:13:20+01:00", "2023-11-14 22:13:20Z",
          "2023-11-14T22:13:20Zx", "2023-11-14T22:13:20.Z", " 2023-11-14T22:13:20Z", "+023-11-14T22:13:20Z",
          "2023-1-14T22:13:20Z", "2023-13-14T22:13:20Z", "2023-00-14T22:13:20Z", "2023-02-30T22:13:20Z",
          "2023-11-14T24:13:20Z", "2023-11-14T22:60:20Z", "2023-11-14T22:13:61Z", "2023-11-14T22:13:-1Z"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_rfc3339(text));
    }
}

TEST_CASE("a duration reads as people say it")
{
    CHECK(human_duration(0s) == "0 s");
    CHECK(human_duration(59s) == "59 s");
    CHECK(human_duration(60s) == "1 min 00 s");
    CHECK(human_duration(3723s) == "1 h 02 min 03 s");
    CHECK(human_duration(100h) == "100 h 00 min 00 s");
}
