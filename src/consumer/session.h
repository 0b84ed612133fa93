#pragma once
// A consumer's conversation with providers, over relays only: fetches public events, sends an encrypted request and
// waits for the answer that names it. Blocking; runs the pool on the calling thread.

#include "net/net_thread.h"
#include "nostr/direct_message.h"
#include "nostr/relay/pool.h"
#include "util/inbox.h"

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace berth::consumer {

struct SessionOptions {
    std::vector<std::string> relays; ///< as people write them
    nostr::SecretKey key;            ///< answers requests' identity, and NIP-42
};

class Session {
public:
    /// unavailable when no relay could be reached within 10 s.
    [[nodiscard]] static Result<std::unique_ptr<Session>> open(SessionOptions options);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Stored events that match, from all relays that answered within `wait`; the newest of each address only.
    [[nodiscard]] std::vector<nostr::Event> fetch(const nostr::Filter& filter, std::chrono::milliseconds wait);

    /// Direct messages to us that relays keep from these last seconds on and that answer nothing, oldest first.
    [[nodiscard]] std::vector<nostr::DirectMessage> fetch_notices(std::chrono::seconds back,
                                                                  std::chrono::milliseconds wait);

    /// A request on its way; await() finds its answer.
    struct Sent {
        nostr::EventId event_id{};
        nostr::PublicKey provider;
        std::string request_id; ///< what the answer's `e` tag names
        nostr::Wrap wrap = nostr::Wrap::stored;
    };

    /// Sends `text` to a provider, as a request that is worth an answer until `wait` is over. An ephemeral gift wrap
    /// (nip17 only) reaches a provider that listens at this moment, or nobody.
    [[nodiscard]] Result<Sent> send(const nostr::PublicKey& provider, const std::string& text,
                                    nostr::Transport transport, std::chrono::seconds wait,
                                    nostr::Wrap wrap = nostr::Wrap::stored);
    /// The answer's text. outcome_unknown when none came in time, unavailable when no relay took the request.
    [[nodiscard]] Result<std::string> await(const Sent& sent, std::chrono::seconds wait);
    /// Both.
    [[nodiscard]] Result<std::string> ask(const nostr::PublicKey& provider, const std::string& text,
                                          nostr::Transport transport, std::chrono::seconds wait,
                                          nostr::Wrap wrap = nostr::Wrap::stored);

private:
    explicit Session(SessionOptions options);
    void pump(UnixTime deadline, const std::function<bool()>& done);
    [[nodiscard]] bool is_connected() const;
    void take(const std::string& subscription, const nostr::Event& event);
    void listen_for_answers();

    const SessionOptions options_;
    crypto::SystemRandom random_;
    Inbox<net::SocketEvent> inbox_;
    std::unique_ptr<net::NetThread> net_;
    std::unique_ptr<net::Sockets> sockets_;
    std::unique_ptr<nostr::relay::Pool> pool_;

    uint64_t last_fetch_ = 0;
    std::string fetching_;
    std::vector<nostr::Event> fetched_;
    size_t ended_relays_ = 0;
    bool listening_ = false;
    std::vector<nostr::DirectMessage> answers_;
    struct Verdicts {
        size_t accepted = 0;
        size_t all = 0;
    };
    std::map<nostr::EventId, Verdicts> verdicts_; ///< of the relays, for each request sent
};

} // namespace berth::consumer
