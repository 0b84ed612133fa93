#pragma once
// Keys of encrypted volumes that died with an earlier process, before their volume was open. They are on no disk here,
// but a relay may keep the request that brought one: it is asked for by its id. A request in an ephemeral gift wrap is
// kept by nobody; then only the same payment again brings the key, until the waiting is over and the money goes back.

#include "nostr/relay/pool.h"
#include "provider/encryption.h"
#include "provider/intake.h"
#include "provider/leases.h"

#include <map>
#include <set>

namespace berth::provider {

class LostKeys {
public:
    struct Parts {
        const Options& options;
        OrderStore& orders;
        Leases& leases;
        nostr::relay::Pool& pool;
        FailureSink& failures;
    };

    explicit LostKeys(Parts parts) : p_{parts} {}

    /// A lease is paid for and can't be made without its key: asks every relay for the events that asked for it.
    void look_for(const Lease& lease, UnixTime now);
    /// An event that some subscription brought; true if it was one of ours.
    bool take(const std::string& subscription, const nostr::Event& event, UnixTime now);
    /// A relay has nothing more that is stored.
    void on_stored_end(const std::string& subscription, const std::string& relay);
    /// The same order was asked for again: that request carries the key, too.
    void take_again(const Bytes32& order, const Request& request, UnixTime now);
    /// Gives up what no relay has, or what took too long.
    void tick(UnixTime now);
    [[nodiscard]] UnixTime next_due() const;

private:
    struct Search {
        std::string owner;
        UnixTime give_up_at;
        std::set<std::string> relays_done{};
        bool found = false;
    };
    void offer(const std::string& lease, const Request& request, UnixTime now);

    Parts p_;
    std::map<std::string, Search> searches_; ///< by lease
};

} // namespace berth::provider
