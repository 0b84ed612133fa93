#include "nostr/nip59.h"

#include "nostr/direct_message.h"
#include "unit/nostr/vectors.h"

using namespace berth;
using namespace berth::nostr;
using namespace berth::nostr::test;

namespace {

constexpr int64_t kNow = 1'700'000'100;

OutgoingMessage to_provider(Transport transport, std::string text)
{
    return {.transport = transport,
            .receiver = PublicKey::of(provider_key()),
            .text = std::move(text),
            .in_reply_to = std::string(64, 'a'),
            .rumor_time = kNow - 5,
            .event_time = kNow};
}

} // namespace

TEST_CASE("the wraps printed in the NIPs open to the published rumors")
{
    for (const Json& row : vectors("nip59-nip17.json").at("examples")) {
        CAPTURE(text(row, "name"));
        const SecretKey own = secret_key(text(row.at("keys").at(text(row, "opened_with")), "secret_key"));
        const Event wrap = event(row.at("wrap"));
        const Json& expected = row.at("opened");
        CHECK(verify_event(wrap).has_value() == expected.at("wrap_valid").get<bool>());
        const Result<OpenedWrap> opened = open_gift_wrap(wrap, own, kNow);
        const bool good = expected.at("seal_valid").get<bool>() && expected.at("pubkeys_equal").get<bool>() &&
                          expected.at("rumor_id_ok").get<bool>();
        REQUIRE(opened.has_value() == good);
        if (!good)
            continue;
        CHECK(opened->sender.hex() == text(expected.at("seal"), "pubkey"));
        CHECK(encode_hex(opened->rumor.id) == text(expected.at("rumor"), "id"));
        CHECK(opened->rumor.content == text(expected.at("rumor"), "content"));
        CHECK(opened->rumor == parse_rumor(text(expected, "rumor_json")).value());
    }
}

TEST_CASE("every hostile wrap gets its published verdict")
{
    const Json file = vectors("nip59-hostile.json");
    const SecretKey own = secret_key(text(file.at("receiver"), "secret_key"));
    const auto now = file.at("now").get<int64_t>();
    for (const Json& row : file.at("cases")) {
        CAPTURE(text(row, "name"));
        const Event wrap = event(row.at("wrap"));
        const std::string verdict = text(row, "verdict");
        if (!verify_event(wrap)) {
            CHECK(verdict == "refuse");
            continue;
        }
        const Result<DirectMessage> opened = open_direct_message(wrap, own, now);
        CHECK(opened.has_value() == (verdict == "accept"));
        if (!opened)
            CHECK((opened.error().code == Errc::refused) == (verdict == "accept, then ignore"));
    }
}

TEST_CASE("three wraps of one rumor have one message id")
{
    const Json file = vectors("nip59-hostile.json");
    const SecretKey own = secret_key(text(file.at("receiver"), "secret_key"));
    for (const Json& object : file.at("duplicates").at("wraps")) {
        const DirectMessage opened = open_direct_message(event(object), own, kNow).value();
        CHECK(encode_hex(opened.message_id) == text(file.at("duplicates"), "rumor_id"));
        CHECK(encode_hex(opened.event_id) == text(object, "id"));
    }
}

TEST_CASE("what one party sends, the other reads, over each transport")
{
    crypto::SystemRandom random;
    for (const Transport transport : {Transport::nip04, Transport::kind4_nip44, Transport::nip17}) {
        const Event sent = make_direct_message(to_provider(transport, "höi"), consumer_key(), random).value().event;
        CHECK(verify_event(sent));
        CHECK(sent.created_at == kNow);
        const DirectMessage read = open_direct_message(sent, provider_key(), kNow).value();
        CHECK(read.transport == transport);
        CHECK(read.text == "höi");
        CHECK(read.sender == PublicKey::of(consumer_key()));
        CHECK(read.event_id == sent.id);
        CHECK((read.message_id == sent.id) == (transport != Transport::nip17));
        CHECK(read.created_at == (transport != Transport::nip17 ? kNow : kNow - 5));
        CHECK(read.in_reply_to == std::string(64, 'a'));
        CHECK_FALSE(open_direct_message(sent, consumer_key(), kNow));
    }
}

TEST_CASE("an ephemeral wrap is of a kind that relays don't keep, and holds the same rumor")
{
    crypto::SystemRandom random;
    OutgoingMessage message = to_provider(Transport::nip17, "a key");
    const SealedMessage stored = make_direct_message(message, consumer_key(), random).value();
    message.wrap = Wrap::ephemeral;
    const SealedMessage ephemeral = make_direct_message(message, consumer_key(), random).value();
    CHECK(is_ephemeral(ephemeral.event.kind));
    CHECK_FALSE(is_ephemeral(stored.event.kind));
    CHECK(ephemeral.event.created_at == kNow);
    CHECK(ephemeral.message_id == stored.message_id);
    CHECK(open_direct_message(ephemeral.event, provider_key(), kNow).value().text == "a key");
}

TEST_CASE("a message that makes too large an event is refused before it is sent")
{
    crypto::SystemRandom random;
    const auto fits = [&](Transport transport, size_t size) {
        return make_direct_message(to_provider(transport, std::string(size, 'x')), consumer_key(), random).has_value();
    };
    CHECK(fits(Transport::nip04, 48'000));
    CHECK_FALSE(fits(Transport::nip04, 49'200));
    CHECK(fits(Transport::nip17, 28'200));
    CHECK_FALSE(fits(Transport::nip17, 28'700));
    CHECK_FALSE(fits(Transport::nip17, 70'000));
}
