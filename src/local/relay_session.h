#pragma once
// One client of the embedded relay: its AUTH challenge and keys (NIP-42), its subscriptions, what it may read. Pure.

#include "crypto/random.h"
#include "local/relay_limits.h"
#include "nostr/event.h"
#include "nostr/filter.h"

#include <map>
#include <string>
#include <vector>

namespace berth::local {

/// Where a client comes from, by its handshake.
struct Peer {
    std::string address; ///< numeric
    std::string host;    ///< Host header
};

class RelaySession {
public:
    RelaySession(Peer peer, crypto::Random& random, UnixTime now);

    [[nodiscard]] const Peer& peer() const { return peer_; }
    [[nodiscard]] const std::string& challenge() const { return challenge_; }

    /// A verified kind-22242 event: fresh, for our challenge and for this relay. Adds its author to the keys.
    [[nodiscard]] Result<void> authenticate(const nostr::Event& event, const RelayLimits& limits,
                                            const RelayPolicy& policy, int64_t now);
    [[nodiscard]] bool is_authenticated() const { return !keys_.empty(); }
    [[nodiscard]] bool has_key(const Bytes32& pubkey) const;

    /// Whether the policy lets this client see the event.
    [[nodiscard]] bool may_read(const nostr::Event& event, const RelayPolicy& policy) const;

    /// Sets or replaces; false when there are too many already.
    [[nodiscard]] bool subscribe(const std::string& subscription, std::vector<nostr::Filter> filters,
                                 size_t subscriptions_max);
    void unsubscribe(const std::string& subscription) { subscriptions_.erase(subscription); }
    /// The subscriptions that want this live event.
    [[nodiscard]] std::vector<std::string> wanting(const nostr::Event& event) const;

    void mark_alive(UnixTime now) { alive_at_ = now; }
    [[nodiscard]] bool is_idle(std::chrono::seconds idle_max, UnixTime now) const { return now - alive_at_ > idle_max; }

private:
    Peer peer_;
    std::string challenge_;
    std::vector<Bytes32> keys_;
    std::map<std::string, std::vector<nostr::Filter>> subscriptions_;
    UnixTime alive_at_;
};

/// Kinds 4, 1059 and 21059: what is meant for somebody.
[[nodiscard]] bool is_private(nostr::Kind kind);

/// Whether one of the filters names a private kind.
[[nodiscard]] bool asks_for_private(const std::vector<nostr::Filter>& filters);

/// NIP-70: a `["-"]` tag.
[[nodiscard]] bool is_protected(const nostr::Event& event);

/// Whether the event is by or for one of these keys.
[[nodiscard]] bool is_about(const nostr::Event& event, const std::vector<Bytes32>& keys);

} // namespace berth::local
