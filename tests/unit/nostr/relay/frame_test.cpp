#include "nostr/relay/frame.h"

#include "nostr/relay/refusal.h"
#include "unit/nostr/vectors.h"

using namespace berth;
using namespace berth::nostr;
using namespace berth::nostr::relay;
using namespace berth::nostr::test;

namespace {

const char* name_of_refusal(Refusal refusal)
{
    switch (refusal) {
    case Refusal::duplicate:
        return "duplicate";
    case Refusal::replaced:
        return "replaced";
    case Refusal::deleted:
        return "deleted";
    case Refusal::blocked:
        return "blocked";
    case Refusal::restricted:
        return "restricted";
    case Refusal::auth_required:
        return "auth-required";
    case Refusal::rate_limited:
        return "rate-limited";
    case Refusal::pow:
        return "pow";
    case Refusal::invalid:
        return "invalid";
    case Refusal::mute:
        return "mute";
    case Refusal::unsupported:
        return "unsupported";
    case Refusal::other:
        break;
    }
    return "other";
}

/// What a client that holds the request "s1" makes of a frame.
std::string verdict_of(std::string_view text)
{
    const Result<Frame> frame = parse_frame(text);
    if (!frame || std::holds_alternative<UnreadableEventFrame>(*frame))
        return "malformed";
    if (const auto* event = std::get_if<EventFrame>(&*frame)) {
        if (event->request_id != "s1")
            return "ignore";
        return verify_event(event->event) ? "event" : "drop";
    }
    if (const auto* ok = std::get_if<OkFrame>(&*frame))
        return ok->is_accepted ? "ok true" : fmt::format("ok false {}", name_of_refusal(refusal_of(ok->text)));
    if (const auto* eose = std::get_if<EoseFrame>(&*frame))
        return eose->request_id == "s1" ? "eose" : "ignore";
    if (const auto* closed = std::get_if<ClosedFrame>(&*frame))
        return closed->request_id == "s1" ? fmt::format("closed {}", name_of_refusal(refusal_of(closed->text)))
                                          : "ignore";
    if (std::holds_alternative<NoticeFrame>(*frame))
        return "notice";
    return std::holds_alternative<ChallengeFrame>(*frame) ? "auth" : "ignore";
}

/// The published expectation in the words of verdict_of().
std::string in_our_words(const std::string& expected)
{
    if (expected == "ok false error" || expected.starts_with("ok false (no prefix)"))
        return "ok false other";
    if (expected == "closed error" || expected.starts_with("closed (no known prefix)"))
        return "closed other";
    if (expected == "count" || expected.starts_with("unknown verb"))
        return "ignore";
    if (expected.starts_with("event with bad"))
        return "drop";
    return expected;
}

} // namespace

TEST_CASE("every published frame of a relay is understood as published")
{
    const Json rows = vectors("relay-messages.json").at("vectors");
    for (const Json& row : rows) {
        CAPTURE(text(row, "frame"));
        CAPTURE(text(row, "expect"));
        CHECK(verdict_of(text(row, "frame")) == in_our_words(text(row, "expect")));
    }
}

TEST_CASE("hostile frames too big to publish are refused")
{
    CHECK(verdict_of(std::string(100'000, '[') + std::string(100'000, ']')) == "malformed");
    CHECK(verdict_of(std::string(300'000, ' ') + R"(["EOSE","s1"])") == "malformed");
    std::string many_tags = R"(["EVENT","s1",{"id":")" + std::string(64, '0') + R"(","pubkey":")" +
                            std::string(64, '1') + R"(","created_at":1,"kind":1,"content":"","sig":")" +
                            std::string(128, '0') + R"(","tags":[["a"])";
    for (int i = 0; i < 1000; ++i)
        many_tags += R"(,["a"])";
    CHECK(verdict_of(many_tags + "]}]") == "malformed");
}

TEST_CASE("the hint of an EOSE is read, and an unknown one counts for nothing")
{
    const auto end_of = [](std::string_view text) { return std::get<EoseFrame>(parse_frame(text).value()).end; };
    CHECK(end_of(R"(["EOSE","s1",["finish"]])") == PageEnd::finish);
    CHECK(end_of(R"(["EOSE","s1",["more"]])") == PageEnd::more);
    CHECK(end_of(R"(["EOSE","s1",["later"]])") == PageEnd::unknown);
    CHECK(end_of(R"(["EOSE","s1"])") == PageEnd::unknown);
}

TEST_CASE("a notice that refuses a request or an event is told from chatter")
{
    CHECK(meaning_of_notice("ERROR: too many concurrent REQs") == NoticeMeaning::request_refused);
    CHECK(meaning_of_notice("event exceeded max size") == NoticeMeaning::event_too_large);
    CHECK(meaning_of_notice("welcome") == NoticeMeaning::chatter);
}

TEST_CASE("a stranger's text for the log is short and without control characters")
{
    CHECK(relay::printable("a\nb\x1b") == "a?b?");
    CHECK(relay::printable("é") == "é");
    CHECK(relay::printable("a\x9b\xff") == "a??");
    CHECK(relay::printable(std::string(600, 'x')).size() == 512);
    CHECK(relay::printable(std::string(511, 'x') + "é").size() == 511);
}
