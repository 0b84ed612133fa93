#include "provider/order_store.h"

#include <doctest/doctest.h>

namespace berth::provider {
namespace {

TEST_CASE("a request's origin is stored whole")
{
    const UnixTime now = from_unix_seconds(1'790'000'000);
    db::Database database = db::Database::open({.path = ":memory:", .vfs = {}}).value();
    OrderStore store{database};
    REQUIRE(store.migrate().has_value());
    uint8_t number = 0;
    for (const auto transport : {nostr::Transport::nip04, nostr::Transport::kind4_nip44, nostr::Transport::nip17}) {
        const RequestOrigin origin{.message_id = Bytes32{++number},
                                   .transport = transport,
                                   .sender = "ab",
                                   .created_at = 1'789'999'999,
                                   .relays = {"wss://a.example", "wss://b.example"}};
        const std::string refund = fmt::format("refund:{}", number);
        REQUIRE(store.insert_refund_request(origin, refund, now));
        const auto stored = store.take_unanswered_by_refund(refund).value();
        REQUIRE(stored.size() == 1);
        CHECK(stored.front().message_id == origin.message_id);
        CHECK(stored.front().transport == transport);
        CHECK(stored.front().sender == origin.sender);
        CHECK(stored.front().created_at == origin.created_at);
        CHECK(stored.front().relays == origin.relays);
        CHECK(store.take_unanswered_by_refund(refund).value().empty());
    }
}

} // namespace
} // namespace berth::provider
