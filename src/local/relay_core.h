#pragma once
// The embedded relay without sockets: frames of many clients in, frames for many clients out. Decides what NIP-01, 09,
// 40, 42, 67 and 70 leave to a relay. Lives on its owner's thread, inside the owner's database transactions.

#include "local/relay_frame.h"
#include "local/relay_session.h"
#include "local/relay_store.h"

#include <unordered_map>

namespace berth::local {

/// Chosen by the owner: the socket's id.
using ClientId = uint64_t;

/// What is to be done for one client, in order.
struct RelayReply {
    ClientId client = 0;
    std::string text; ///< empty: hang up
};

class RelayCore {
public:
    RelayCore(RelayStore& store, crypto::Random& random, RelayLimits limits, RelayPolicy policy);

    void open(ClientId client, Peer peer, UnixTime now);
    void close(ClientId client);
    void mark_alive(ClientId client, UnixTime now);

    /// One text frame of one client. Fails only when the store does; the owner then rolls back and drops the replies.
    [[nodiscard]] Result<void> feed(ClientId client, std::string_view text, UnixTime now);

    /// About once a minute: hangs up on idle clients and drops expired events.
    [[nodiscard]] Result<void> tick(UnixTime now);

    /// Everything that waits to be sent, oldest first.
    [[nodiscard]] std::vector<RelayReply> take_replies();

    [[nodiscard]] size_t clients() const { return sessions_.size(); }

private:
    struct Client {
        ClientId id;
        RelaySession& session;
    };
    [[nodiscard]] Result<void> on_event(Client client, const nostr::Event& event, UnixTime now);
    [[nodiscard]] Result<void> on_req(Client client, ReqFrame& req, UnixTime now);
    void on_auth(Client client, const nostr::Event& event, UnixTime now);
    /// Why an event is refused before it is stored, with the standard prefix; empty if it is not.
    [[nodiscard]] std::string objection(Client client, const nostr::Event& event, UnixTime now);
    [[nodiscard]] std::string objection_to_time(const nostr::Event& event, int64_t now) const;
    [[nodiscard]] Result<void> send_stored(Client client, const ReqFrame& req, UnixTime now);
    /// Gives a live event to every subscription that wants it; false if there was none.
    bool broadcast(const nostr::Event& event);
    [[nodiscard]] bool within_rate(TokenBuckets& buckets, const RelaySession& session, UnixTime now) const;
    void say(ClientId client, std::string text) { replies_.push_back({client, std::move(text)}); }

    RelayStore& store_;
    crypto::Random& random_;
    RelayLimits limits_;
    RelayPolicy policy_;
    TokenBuckets event_rate_;
    TokenBuckets request_rate_;
    std::unordered_map<ClientId, RelaySession> sessions_;
    std::vector<RelayReply> replies_;
};

} // namespace berth::local
