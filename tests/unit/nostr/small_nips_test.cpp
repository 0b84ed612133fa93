#include "nostr/nip11.h"
#include "nostr/nip13.h"
#include "nostr/nip42.h"

#include "unit/nostr/vectors.h"

using namespace berth;
using namespace berth::nostr;
using namespace berth::nostr::test;

namespace {

/// A flag that says "no" limits nothing, so it reads like an absent one.
RelayInformation without_idle_flags(RelayInformation information)
{
    for (std::optional<bool>* flag :
         {&information.auth_required, &information.payment_required, &information.restricted_writes})
        if (*flag == false)
            flag->reset();
    return information;
}

} // namespace

TEST_CASE("only usable limits of a relay's information document count (NIP-11)")
{
    for (const Json& row : vectors("nip11.json").at("vectors")) {
        CAPTURE(text(row, "name"));
        const RelayInformation information = parse_relay_information(dump_json(row.at("doc")));
        if (row.contains("supported"))
            CHECK(information.supported_nips == row.at("supported").get<std::vector<std::string>>());
        if (!row.contains("use"))
            continue;
        RelayInformation expected = parse_relay_information(dump_json(Json{{"limitation", row.at("use")}}));
        expected.supported_nips = information.supported_nips;
        CHECK(without_idle_flags(information) == without_idle_flags(expected));
        const auto& use = row.at("use");
        CHECK(information.max_message_length.has_value() == use.contains("max_message_length"));
        CHECK(information.max_limit.value_or(0) == use.value("max_limit", uint64_t{0}));
        CHECK(information.created_at_upper_limit.value_or(0) == use.value("created_at_upper_limit", uint64_t{0}));
        CHECK(information.auth_required.value_or(false) == use.value("auth_required", false));
    }
    CHECK(parse_relay_information("{") == RelayInformation{});
}

TEST_CASE("difficulty is the number of leading zero bits, and the target must be committed to (NIP-13)")
{
    const Json file = vectors("nip13.json");
    for (const Json& row : file.at("difficulty"))
        CHECK(difficulty_of(hash(row.at(0).get<std::string>())) == row.at(1).get<unsigned>());
    Event mined = event(file.at("mined_event"));
    CHECK(meets_difficulty(mined, 20));
    CHECK_FALSE(meets_difficulty(mined, 21));
    mined.tags.clear();
    CHECK_FALSE(meets_difficulty(mined, 20));
    CHECK(meets_difficulty(mined, 0));
}

TEST_CASE("we answer a challenge with the published event (NIP-42)")
{
    const Json file = vectors("nip42.json");
    FixedRandom zero;
    const SecretKey key = secret_key(text(file.at("client_key"), "secret_key"));
    const Event made =
        make_auth_event(text(file, "relay_url"), text(file, "challenge"), file.at("now").get<int64_t>(), key, zero);
    CHECK(made.id == event(file.at("auth_event")).id);
    CHECK(made.tags == event(file.at("auth_event")).tags);
    CHECK(verify_event(made));
}

TEST_CASE("a relay takes exactly the published answers to its challenge (NIP-42)")
{
    const Json file = vectors("nip42.json");
    for (const Json& row : file.at("relay_side")) {
        CAPTURE(text(row, "name"));
        const Result<PublicKey> who = check_auth_event(event(row.at("event")), text(file, "relay_url"),
                                                       text(file, "challenge"), file.at("now").get<int64_t>());
        CHECK(who.has_value() == row.at("ok").get<bool>());
    }
}
