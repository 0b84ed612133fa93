#include "compute/docker_stream.h"

#include <doctest/doctest.h>

namespace berth::compute {
namespace {

std::string frame(char stream, std::string_view data)
{
    std::string bytes(8, '\0');
    bytes[0] = stream;
    bytes[6] = static_cast<char>(data.size() >> 8);
    bytes[7] = static_cast<char>(data.size() & 0xff);
    return bytes + std::string{data};
}

Result<void> follow(std::string_view lines, uint64_t bytes_max = 1000)
{
    ProgressStream progress{bytes_max};
    (void)progress.add(lines);
    return progress.finish();
}

TEST_CASE("frames are taken off wherever the stream was cut")
{
    const std::string stream = frame(1, "out\n") + frame(2, "") + frame(2, "err\n") + frame(1, std::string(300, 'x'));
    for (size_t cut = 0; cut <= stream.size(); ++cut) {
        LogDemultiplexer logs{1000};
        REQUIRE(logs.add(std::string_view{stream}.substr(0, cut)).has_value());
        REQUIRE(logs.add(std::string_view{stream}.substr(cut)).has_value());
        CHECK(logs.is_complete());
        CHECK(logs.take_text() == "out\nerr\n" + std::string(300, 'x'));
    }
}

TEST_CASE("a long log keeps its end")
{
    LogDemultiplexer logs{5};
    for (int i = 0; i < 100; ++i)
        REQUIRE(logs.add(frame(1, "abc")).has_value());
    REQUIRE(logs.add(frame(1, "12345678")).has_value());
    CHECK(logs.take_text() == "45678");
}

TEST_CASE("bytes that are no frames are refused, and half a frame is not complete")
{
    LogDemultiplexer raw{100};
    CHECK(raw.add("hello, world\n").error().code == Errc::bad_input);
    LogDemultiplexer half{100};
    REQUIRE(half.add(frame(1, "abcdef").substr(0, 10)).has_value());
    CHECK(!half.is_complete());
}

TEST_CASE("a pull succeeds only if no line tells an error")
{
    CHECK(follow("{\"status\":\"Pulling\"}\r\n{\"status\":\"done\"}\r\n").has_value());
    CHECK(follow("").has_value());
    CHECK(follow("{\"status\":\"Pulling\"}\n{\"error\":\"unexpected EOF\"}\n").error().code == Errc::unavailable);
    CHECK(follow("{\"error\":\"filesystem layer verification failed for x\"}").error().code == Errc::corrupt);
    CHECK(follow("{\"error\":\"unauthorized: authentication required\"}\n").error().code == Errc::refused);
    CHECK(follow("{\"error\":\"manifest for a:b not found: manifest unknown\"}\n").error().code == Errc::not_found);
    CHECK(follow("{\"error\":7}\n").error().code == Errc::unavailable);
    CHECK(follow("<html>\n").error().code == Errc::corrupt);
    CHECK(follow(std::string(100'000, 'x')).error().code == Errc::corrupt);
}

TEST_CASE("a layer counts once against the limit, and one byte more ends the pull")
{
    const std::string first = "{\"id\":\"a\",\"progressDetail\":{\"current\":1,\"total\":600}}\n";
    const std::string second = "{\"id\":\"b\",\"progressDetail\":{\"current\":1,\"total\":400}}\n";
    CHECK(follow(first + first + second + second, 1000).has_value());
    ProgressStream progress{999};
    CHECK(progress.add(first));
    CHECK(!progress.add(second));
    CHECK(progress.finish().error().code == Errc::bad_input);
    const std::string huge = "{\"id\":\"c\",\"progressDetail\":{\"total\":18446744073709551615}}\n";
    CHECK(follow(first + huge, UINT64_MAX - 1).error().code == Errc::bad_input);
}

} // namespace
} // namespace berth::compute
