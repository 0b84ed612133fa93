#include "provider/requests.h"

#include <doctest/doctest.h>

namespace berth::provider {
namespace {

constexpr const char* kSpawn = R"({"cashu_token":"cashuB","pod_spec_id":null,"pod_image":"ubuntu:22.04",)"
                               R"("ssh_username":"user","ssh_password":"x","template_slug":"","future":1})";

TEST_CASE("requests are told apart by their shape")
{
    CHECK(std::holds_alternative<SpawnRequest>(parse_request(kSpawn).value()));
    CHECK(std::holds_alternative<TopUpRequest>(
        parse_request(R"({"pod_npub":"container-1000","cashu_token":"cashuB"})").value()));
    CHECK(std::holds_alternative<StatusRequest>(parse_request(R"({"pod_id":"1000"})").value()));
    CHECK(std::holds_alternative<AccessRequest>(parse_request(R"({"request":"access","pod_id":"1000"})").value()));
    const auto unlock = parse_request(R"({"request":"unlock","pod_id":"1000","volume_encryption":)"
                                      R"({"algorithm":"luks2-aes-xts","key_b64":"AA"}})");
    CHECK(std::get<UnlockRequest>(unlock.value()).volume_encryption.key_b64 == "AA");
}

TEST_CASE("a request for logs is bounded")
{
    CHECK(std::get<LogsRequest>(parse_request(R"({"request":"logs","pod_id":"1000"})").value()).lines ==
          kLogLinesDefault);
    CHECK(std::get<LogsRequest>(parse_request(R"({"request":"logs","pod_id":"1000","tail":1000})").value()).lines ==
          1000);
    for (const char* tail : {"0", "1001", "-1", "1.5", "\"9\""})
        CHECK(!parse_request(fmt::format(R"({{"request":"logs","pod_id":"1000","tail":{}}})", tail)));
}

TEST_CASE("null and empty optional fields of a spawn mean absent")
{
    const auto request = std::get<SpawnRequest>(parse_request(kSpawn).value());
    CHECK(!request.spec_id);
    CHECK(!request.template_slug);
    CHECK(request.replication_mode == "none");
    CHECK(!request.volume_encryption);
}

TEST_CASE("a wrong type, a repeated member or an unknown request voids the body")
{
    for (const char* text : {"[]", "7", "{", R"({"pod_id":7})", R"({"pod_id":"1","pod_id":"2"})",
                             R"({"request":"format-disk","pod_id":"1"})", R"({"request":"unlock","pod_id":"1"})",
                             R"({"pod_npub":"1","cashu_token":3})",
                             R"({"cashu_token":"t","pod_image":"i","ssh_username":"u","ssh_password":null})"}) {
        CAPTURE(text);
        CHECK(parse_request(text).error().code == Errc::bad_input);
    }
}

Result<Request> spawn_with(const std::string& members)
{
    return parse_request(R"({"cashu_token":"t","pod_image":"i","ssh_username":"u","ssh_password":"p",)" + members +
                         "}");
}

std::string words(size_t count, size_t bytes)
{
    std::string list;
    for (size_t i = 0; i < count; ++i)
        list += (i == 0 ? "\"" : ",\"") + std::string(bytes, 'a') + "\"";
    return R"("command":[)" + list + "]";
}

TEST_CASE("environment and command come with a spawn and with a quote, and may be absent, null or empty")
{
    const auto spawn = std::get<SpawnRequest>(
        spawn_with(R"("environment":{"A_1":"x=y z","_b":""},"command":["sh","-c","echo $A_1"])").value());
    CHECK(spawn.settings.environment == std::map<std::string, std::string>{{"A_1", "x=y z"}, {"_b", ""}});
    CHECK(spawn.settings.command == std::vector<std::string>{"sh", "-c", "echo $A_1"});
    const auto quote = std::get<QuoteRequest>(parse_request(R"({"request":"quote","environment":{"A":"1"}})").value());
    CHECK(quote.wish.settings.environment.size() == 1);
    for (const char* none : {R"("environment":null,"command":null)", R"("environment":{},"command":[])", R"("x":0)"})
        CHECK(std::get<SpawnRequest>(spawn_with(none).value()).settings.command.empty());
}

TEST_CASE("environment and command end at their limits, and no name is more than a name")
{
    for (const char* bad :
         {R"("environment":[])", R"("environment":{"":"x"})", R"("environment":{"1A":"x"})",
          R"("environment":{"A=B":"x"})", R"("environment":{"A B":"x"})", R"("environment":{"Ä":"x"})",
          R"("environment":{"A":1})", R"("environment":{"A":null})", R"("environment":{"A":"a\u0000b"})",
          R"("environment":{"A":"1","A":"2"})", R"("command":"sh")", R"("command":[1])", R"("command":["a\u0000"])"}) {
        CAPTURE(bad);
        CHECK(!spawn_with(bad));
    }
    CHECK(!spawn_with(R"("environment":{")" + std::string(kEnvironmentNameBytesMax + 1, 'A') + R"(":"x"})"));
    CHECK(spawn_with(words(kCommandWordsMax, 1)));
    CHECK(!spawn_with(words(kCommandWordsMax + 1, 1)));
    CHECK(spawn_with(words(kSettingsBytesMax / kSettingBytesMax, kSettingBytesMax)));
    CHECK(!spawn_with(words(1, kSettingBytesMax + 1)));
    CHECK(!spawn_with(words(kSettingsBytesMax / kSettingBytesMax + 1, kSettingBytesMax)));
    std::string names;
    for (size_t i = 0; i <= kEnvironmentNamesMax; ++i)
        names += fmt::format(R"({}"N{}":"")", i == 0 ? "" : ",", i);
    CHECK(!spawn_with(R"("environment":{)" + names + "}"));
}

TEST_CASE("a refusal of environment or command shows nothing of a value")
{
    for (const char* bad : {R"("environment":{"A":"hush\u0000"})", R"("command":["hush\u0000"])"})
        CHECK(spawn_with(bad).error().message.find("hush") == std::string::npos);
}

TEST_CASE("a pod is named by container-<number> or by the number alone")
{
    CHECK(parse_pod_number("container-1000") == 1000);
    CHECK(parse_pod_number("1000") == 1000);
    for (const char* text : {"", "container-", "-1", "1000x", "99999999999", "container-container-1"})
        CHECK(!parse_pod_number(text));
}

} // namespace
} // namespace berth::provider
