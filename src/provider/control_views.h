#pragma once
// What an operator is shown of leases and of the node, as JSON texts. Never a password, a token or a workload's
// environment.

#include "cashu/wallet.h"
#include "nostr/relay/pool.h"
#include "provider/drain.h"
#include "provider/lease.h"
#include "provider/refund_store.h"
#include "provider/wire.h"

namespace berth::provider {

/// {"leases":[…]}, by number.
[[nodiscard]] std::string encode_leases(std::vector<const Lease*> leases, UnixTime now);
/// One lease whole, with what went back when it ended before its time.
[[nodiscard]] std::string encode_lease(const Lease& lease, const std::optional<Refund>& refund, UnixTime now);

/// What only core knows about the node.
struct NodeFacts {
    UnixTime started_at{};
    bool is_public = false; ///< subscribed, and a heartbeat was accepted
    std::string engine{};   ///< its version; empty while it does not answer
    std::vector<nostr::relay::Pool::RelayStatus> relays{};
};

struct SpecSlots {
    std::string id{};
    uint64_t free = 0;
};

struct NodeView {
    NodeFacts facts;
    std::string npub{};
    std::optional<DrainState> drain{};
    std::vector<const Lease*> leases{};
    std::vector<SpecSlots> slots{};
    Resources capacity{}; ///< what may be sold in all
    Resources sold{};
    Resources free{};
    std::vector<cashu::MintStatus> mints{};
    std::vector<cashu::Holding> holdings{};
    uint64_t outbox = 0;      ///< replies that no relay took yet
    uint64_t refunds_due = 0; ///< whose tokens are not made yet
};

[[nodiscard]] std::string encode_node(const NodeView& view, UnixTime now);
/// {"draining":…}: as `status` tells it, too.
[[nodiscard]] std::string encode_drain(const std::optional<DrainState>& drain, size_t leases);

} // namespace berth::provider
