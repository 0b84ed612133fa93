#pragma once
// Calls to mints with typed answers, and how many of them may be under way. It holds no queue: who finds no place keeps
// its row due and comes again, so nothing is ever sent for a row whose transaction was rolled back.

#include "cashu/mint_quotes.h"
#include "cashu/redeem.h"
#include "net/http.h"
#include "util/time.h"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace berth::cashu {

/// Transaction calls (swap) are what mints limit hardest.
enum class MintCall { read, transaction };

/// How fast one mint may be asked. Unlimited until it answers 429; then silence for 61 s, because some mints prolong
/// their window with every hit, or as long as it asks for (at most an hour), and from there 15 transactions a minute,
/// slowly eased.
class MintPace {
public:
    [[nodiscard]] bool allows(MintCall call, UnixTime now) const;
    /// When a call that is not allowed now may be.
    [[nodiscard]] UnixTime free_at(MintCall call, UnixTime now) const;
    void spend(MintCall call, UnixTime now);
    void on_rate_limited(UnixTime now, std::chrono::seconds retry_after = {});

private:
    [[nodiscard]] double per_minute(UnixTime now) const;
    [[nodiscard]] double tokens(UnixTime now) const;

    bool limited_ = false;
    UnixTime silent_until_;
    UnixTime counted_at_;
    double tokens_ = 0;
};

struct SwapReply {
    SwapAnswer answer = SwapAnswer::ambiguous; ///< `signatures` means decoded; whether they are good is the caller's
    std::vector<BlindSignature> signatures;
    std::string raw;    ///< the body of a 200 that could not be decoded
    std::string detail; ///< printable
    std::optional<uint64_t> code;
};

/// What a mint says of a melt or of its quote.
struct MeltReply {
    std::optional<MeltQuote> quote; ///< decoded from a 200
    bool refused = false;           ///< 400 with an integer code and a text
    std::string detail;             ///< printable; empty for a 200 that could be read
};

class MintClient {
public:
    MintClient(net::Http& http, size_t calls_in_flight_max, std::function<UnixTime()> clock)
        : http_{http}, calls_in_flight_max_{calls_in_flight_max}, clock_{std::move(clock)}
    {
    }

    [[nodiscard]] bool may_send(const std::string& mint, MintCall call, UnixTime now) const;
    /// When may_send() can become true by itself: the end of a silence. A full mint frees itself by an answer.
    [[nodiscard]] UnixTime free_at(const std::string& mint, MintCall call, UnixTime now) const;

    void swap(const std::string& mint, const std::string& body, std::function<void(SwapReply)> done);
    void check_state(const std::string& mint, const std::vector<crypto::Point>& ys,
                     std::function<void(Result<std::vector<ProofStateOf>>)> done);
    void restore(const std::string& mint, const std::vector<BlindedMessage>& outputs,
                 std::function<void(Result<RestoreReply>)> done);
    void request_melt_quote(const std::string& mint, const MeltQuoteRequest& request,
                            std::function<void(MeltReply)> done);
    void melt(const std::string& mint, const std::string& body, std::function<void(MeltReply)> done);
    /// The quote's id must be fit for a path (is_quote_id).
    void fetch_melt_quote(const std::string& mint, const std::string& quote, std::function<void(MeltReply)> done);
    void fetch_info(const std::string& mint, std::function<void(Result<std::string>)> done); ///< the JSON text
    void fetch_keysets(const std::string& mint, std::function<void(Result<KeysetsReply>)> done);
    void fetch_keys(const std::string& mint, const KeysetId& id, std::function<void(Result<KeysetsReply>)> done);

    /// Ends calls that were never answered although their deadline has long passed (the owner rolled back the
    /// transaction that sent them). Their `done` gets outcome_unknown.
    void expire(UnixTime now);
    /// When expire() is due next, if anything is under way.
    [[nodiscard]] std::optional<UnixTime> next_expiry() const;

private:
    struct Call {
        std::string mint;
        UnixTime expires_at;
        std::function<void(net::HttpResult)> done;
    };

    void send(const std::string& mint, MintCall call, net::HttpRequest request,
              std::function<void(net::HttpResult)> done);
    void get(const std::string& mint, const std::string& path, size_t bytes_max,
             std::function<void(Result<std::string>)> done);
    void post(const std::string& mint, const std::string& path, std::string body,
              std::function<void(Result<std::string>)> done);
    void finish(uint64_t id, net::HttpResult result);

    net::Http& http_;
    const size_t calls_in_flight_max_;
    std::function<UnixTime()> clock_;
    std::map<uint64_t, Call> calls_;
    std::map<std::string, size_t> in_flight_;
    std::map<std::string, MintPace> paces_;
    uint64_t next_id_ = 1;
    /// Answers outlive us in the Http's hands; they look here first. Owned by us alone, watched by those callbacks.
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace berth::cashu
