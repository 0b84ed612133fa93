#include "provider/wire.h"

#include "util/json.h"

#include <doctest/doctest.h>

namespace berth::provider {
namespace {

Options some_options()
{
    Bytes32 one{};
    one[31] = 1;
    Options options{.key = nostr::SecretKey::create(one).value()};
    options.templates["open"] = {.slug = "open", .consumer_environment = {"MODE", "TITLE"}, .consumer_command = true};
    options.templates["closed"] = {.slug = "closed"};
    options.templates["away"] = {.slug = "away", .consumer_environment = {"MODE"}};
    options.images.consumer_command = false;
    return options;
}

TEST_CASE("an offer tells what consumers may set, and nothing of templates that are not on sale")
{
    const Json offer = Json::parse(encode_offer(some_options(), {.templates_out = {"away"}}));
    CHECK(offer.at("templates") == Json{"closed", "open"});
    const Json& settings = offer.at("consumer_settings");
    CHECK(settings.at("images") == Json{{"environment", true}, {"command", false}});
    CHECK(settings.at("templates").size() == 1);
    CHECK(settings.at("templates").at("open") == Json{{"environment", {"MODE", "TITLE"}}, {"command", true}});
}

} // namespace
} // namespace berth::provider
