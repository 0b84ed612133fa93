#pragma once
// What the embedded relay allows: sizes, counts, rates and reading rules, as options with defaults, and the token
// buckets that hold the rates. Pure: time is an argument.

#include "util/bytes.h"
#include "util/time.h"

#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace berth::local {

/// Who may read direct messages and gift wraps (kinds 4, 1059, 21059).
///
/// `anyone` is the default. A stranger sees that somebody wrote to somebody, which any public relay shows as well, and
/// never what. `parties` (NIP-42) hides even that, but the client library of today's public consumer (rust-nostr 0.43)
/// answers a CLOSED whose prefix it does not know by forgetting the subscription for good: its user would pay and
/// never see the reply. Use `parties` where every client is known to authenticate.
enum class MessageReaders { anyone, parties };

/// `per_minute` tokens a minute, saved up to `burst`. 0 a minute: no limit.
struct Rate {
    double per_minute = 0;
    double burst = 0;
};

struct RelayLimits {
    size_t message_bytes_max = 131'072;
    size_t subscriptions_max = 20;    ///< per connection
    size_t filters_max = 10;          ///< per REQ
    size_t filter_values_max = 1'000; ///< ids, authors, kinds or values of one tag
    uint64_t limit_max = 500;         ///< stored events per filter, also the default
    size_t subscription_id_bytes_max = 64;
    size_t answer_bytes_max = 1 << 20;  ///< stored events of one REQ; the rest is paged for (NIP-67)
    size_t authenticated_keys_max = 8;  ///< per connection
    size_t stored_events_max = 100'000; ///< the oldest go first
    std::chrono::seconds future_max{900};
    std::chrono::seconds freshness{600}; ///< of ephemeral and AUTH events, either way
    std::chrono::seconds idle_max{600};  ///< without a frame or a PONG
    Rate events{.per_minute = 120, .burst = 60};
    Rate requests{.per_minute = 240, .burst = 120};
    bool loopback_unlimited = true; ///< rates do not count clients of this machine
};

struct RelayPolicy {
    MessageReaders message_readers = MessageReaders::anyone;
    /// Empty: any kind but 22242.
    std::set<uint16_t> kinds;
    /// Not empty: only events by or for one of these keys are taken, so that an inbox is nobody else's relay.
    std::vector<Bytes32> only_about;
    /// The URL clients dial, for AUTH. Empty: the handshake's Host header is believed, which a relay in the middle
    /// could choose; fine on loopback.
    std::string public_url;
};

/// One bucket per address.
class TokenBuckets {
public:
    explicit TokenBuckets(Rate rate) : rate_{rate} {}

    /// Takes one token; false if there is none.
    [[nodiscard]] bool take(const std::string& address, UnixTime now);

private:
    struct Bucket {
        double tokens;
        UnixTime filled_at;
    };
    void forget_full(UnixTime now);
    [[nodiscard]] double level(const Bucket& bucket, UnixTime now) const;

    Rate rate_;
    std::unordered_map<std::string, Bucket> buckets_;
    static constexpr size_t kAddressesMax = 10'000;
};

[[nodiscard]] bool is_loopback(const std::string& address);

} // namespace berth::local
