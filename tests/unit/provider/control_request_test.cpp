#include "provider/control_request.h"

#include <doctest/doctest.h>

namespace berth::provider::control {

namespace {

template <class Kind>
Kind sent(const Request& request)
{
    const Line line = decode_line(encode_line(42, request));
    CHECK(line.id == 42);
    REQUIRE(line.request);
    return std::get<Kind>(*line.request);
}

Errc refusal(std::string_view text)
{
    const Line line = decode_line(text);
    REQUIRE(!line.request);
    return line.request.error().code;
}

} // namespace

TEST_CASE("every request arrives as it was sent")
{
    (void)sent<Status>(Status{});
    (void)sent<ListLeases>(ListLeases{});
    (void)sent<Resume>(Resume{});
    CHECK(sent<ShowLease>(ShowLease{"1003"}).lease == "1003");
    const auto end = sent<EndLease>(EndLease{"00112233aabbccdd", "the host goes away"});
    CHECK(end.lease == "00112233aabbccdd");
    CHECK(end.reason == "the host goes away");
    const auto drain = sent<Drain>(Drain{.evict = true, .wait = std::chrono::seconds{90}});
    CHECK(drain.evict);
    CHECK(drain.wait.count() == 90);
    const auto wallet = sent<Wallet>(
        Wallet{.request = {.verb = "send", .key = "send:1", .amount = 5}, .wait = std::chrono::seconds{7}});
    CHECK(wallet.request.verb == "send");
    CHECK(wallet.request.key == "send:1");
    CHECK(wallet.request.amount == 5);
    CHECK(wallet.wait.count() == 7);
}

TEST_CASE("what is no request is bad input, under its id as far as it has one")
{
    for (const char* text : {"", "null", "[]", "7", "{", "{}", R"({"id":"1","verb":"status"})", R"({"id":-1})",
                             R"({"id":1.5,"verb":"status"})", R"({"id":1,"verb":"status"} x)", "\xff\xfe"})
        CHECK(refusal(text) == Errc::bad_input);
    const Line unknown = decode_line(R"({"id":9,"verb":"reboot"})");
    CHECK(unknown.id == 9);
    CHECK(!unknown.request);
    CHECK(refusal(R"({"id":1,"verb":"status","more":1})") == Errc::bad_input);
    CHECK(refusal(R"({"id":1,"verb":"lease.end"})") == Errc::bad_input);
    CHECK(refusal(R"({"id":1,"verb":"lease.end","lease":"all"})") == Errc::bad_input);
    CHECK(refusal(R"({"id":1,"verb":"lease.end","lease":1003})") == Errc::bad_input);
    CHECK(refusal(R"({"id":1,"verb":"drain","evict":"yes"})") == Errc::bad_input);
    CHECK(refusal(R"({"id":1,"verb":"wallet"})") == Errc::bad_input);
    CHECK(refusal(R"({"id":1,"verb":"wallet","wallet":{"verb":"burn"}})") == Errc::bad_input);
    CHECK(refusal(R"({"id":1,"verb":"wallet","wallet":{"verb":"balance","deep":[[1]]}})") == Errc::bad_input);
    CHECK(refusal(R"({"id":1,"verb":"lease.end","lease":"1","reason":")" + std::string(501, 'x') + "\"}") ==
          Errc::bad_input);
    CHECK(refusal(std::string(kControlLineBytesMax + 1, ' ')) == Errc::bad_input);
}

TEST_CASE("waits are bounded")
{
    const Line line = decode_line(R"({"id":1,"verb":"drain","wait_seconds":18446744073709551615})");
    REQUIRE(line.request);
    CHECK(std::get<Drain>(*line.request).wait == kControlWaitMax);
}

TEST_CASE("an answer is a result or an error, and arrives as it was sent")
{
    const auto good = decode_answer(encode_answer(3, std::string{R"({"b":1,"a":[2]})"}));
    REQUIRE(good);
    CHECK(good->id == 3);
    CHECK(good->result.value() == R"({"b":1,"a":[2]})");
    const auto bad = decode_answer(encode_answer(4, fail(Errc::conflict, "\"quoted\"\nno")));
    REQUIRE(bad);
    CHECK(bad->id == 4);
    CHECK(bad->result.error().code == Errc::conflict);
    CHECK(bad->result.error().message == "\"quoted\"\nno");
    for (const char* text : {"", "{}", R"({"id":1})", R"({"id":1,"error":7})", R"({"result":1})"})
        CHECK(!decode_answer(text));
}

} // namespace berth::provider::control
