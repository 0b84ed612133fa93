#include "nostr/direct_message.h"
#include "provider/log_requests.h"
#include "provider/log_text.h"
#include "util/json.h"
#include "util/utf8.h"

#include <doctest/doctest.h>

namespace berth::provider {
namespace {

nostr::SecretKey key_of(uint8_t last)
{
    Bytes32 bytes{};
    bytes.back() = last;
    return nostr::SecretKey::create(bytes).value();
}

bool fits(const std::string& body)
{
    crypto::SystemRandom random;
    for (const auto transport : {nostr::Transport::nip04, nostr::Transport::nip17})
        if (!nostr::make_direct_message({.transport = transport,
                                         .receiver = nostr::PublicKey::of(key_of(1)),
                                         .text = body,
                                         .in_reply_to = std::string(64, 'a'),
                                         .rumor_time = 1'800'000'000,
                                         .event_time = 1'800'000'000},
                                        key_of(2), random))
            return false;
    return true;
}

TEST_CASE("a log of any bytes fits a message of either transport and is valid text")
{
    std::string every;
    for (int i = 0; i < 60'000; ++i)
        every.push_back(static_cast<char>(i * 7 % 256));
    for (const std::string& raw :
         {std::string(60'000, 'x'), std::string(60'000, '\n'), std::string(60'000, '"'), std::string(60'000, '\\'),
          std::string(60'000, '\0'), std::string(60'000, '\xff'), std::string(60'000, '\x1b'), every}) {
        const std::string body = encode_logs(1000, 1000, raw, false);
        CHECK(fits(body));
        const auto json = parse_json(body);
        REQUIRE(json.has_value());
        CHECK(json->at("truncated") == true);
        CHECK(is_valid_utf8(json->at("logs").get<std::string>()));
        CHECK(!json->at("logs").get<std::string>().empty());
    }
}

TEST_CASE("what is too much is left out from the oldest end, at a line's beginning")
{
    std::string raw;
    for (int i = 0; i < 10'000; ++i)
        raw += fmt::format("line {}\n", i);
    const LogText log = make_log_text(raw, 1'000);
    CHECK(log.truncated);
    CHECK(log.text.starts_with("line "));
    CHECK(log.text.ends_with("line 9999\n"));
    CHECK(log.text.size() > 700);
}

TEST_CASE("a short log stays as it is, but for what a terminal would obey")
{
    CHECK(make_log_text("gr\xC3\xBC\xC3\x9F\x65\r\n\tyes\n", 1'000).text == "gr\xC3\xBC\xC3\x9F\x65\n\tyes\n");
    CHECK(!make_log_text("a", 1'000).truncated);
    CHECK(make_log_text("\x1b[31mred", 1'000).text == "\xEF\xBF\xBD[31mred");
    CHECK(make_log_text("half \xC3", 1'000).text == "half \xEF\xBF\xBD");
    CHECK(make_log_text("", 1'000).text.empty());
}

TEST_CASE("a cut never splits a character")
{
    std::string raw;
    for (int i = 0; i < 100; ++i)
        raw += "\xE2\x82\xAC";
    for (size_t cost = 0; cost < 20; ++cost)
        CHECK(is_valid_utf8(make_log_text(raw, cost).text));
}

} // namespace
} // namespace berth::provider
