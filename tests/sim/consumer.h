#pragma once
// Consumers: they buy over both transports, send the same payment in several events, and write down every answer.

#include "nostr/direct_message.h"
#include "sim/fake_relays.h"
#include "support/fake_mint.h"
#include "util/json.h"

#include <set>

namespace berth::sim {

/// A token that exists, and whose it was.
struct Money {
    std::string text;
    std::vector<cashu::Proof> proofs;
    cashu::Amount value = 0;
    UnixTime made{};
    bool spent_elsewhere = false;
};

/// One thing asked with one token by one consumer, in however many events.
struct Purchase {
    size_t consumer = 0;
    size_t money = 0;
    bool is_top_up = false;
    std::string body;
    std::string volume_key{};                             ///< base64; empty: no encrypted volume
    std::map<std::string, std::set<std::string>> answers; ///< by hex message id; empty while there is none
};

/// A question without money.
struct Question {
    size_t consumer = 0;
    std::string message_id;
    std::set<std::string> answers;
};

/// A key sent for a locked lease.
struct Unlock {
    size_t consumer = 0;
    size_t purchase = 0;
    std::string pod;
    bool is_right = false;
    int tries = 0;
    std::string message_id;
    std::set<std::string> answers{};
};

/// What a consumer was told when a lease ended before its time.
struct Farewell {
    size_t consumer = 0;
    std::string pod;
    std::string text; ///< the newest: money that was due comes with a second one
};

/// What a consumer was told of a lease that goes on.
struct Notice {
    size_t consumer = 0;
    std::string pod;
    Json body;
};

class Consumers {
public:
    struct Parts {
        Clockwork& clock;
        Dice& dice;
        Faults& faults;
        test::FakeMint& mint;
        nostr::PublicKey provider;
    };

    explicit Consumers(Parts parts);

    void connect(FakeRelays& relays) { relays_ = &relays; }
    /// Plans what this seed's consumers do within the given time.
    void plan(int purchases, std::chrono::milliseconds within);
    void spend_on_lease(const std::vector<cashu::Amount>& amounts) { spawn(0, mint_money(amounts)); }
    /// For the lease that was granted last.
    void spend_on_top_up(const std::vector<cashu::Amount>& amounts);
    /// The same request once more, in a new event.
    void ask_again(size_t purchase) { send_copies(purchase); }
    /// A relay took an event in.
    void on_event(const nostr::Event& event);

    [[nodiscard]] const std::vector<Purchase>& purchases() const { return purchases_; }
    [[nodiscard]] const std::vector<Question>& questions() const { return questions_; }
    [[nodiscard]] const std::vector<Unlock>& unlocks() const { return unlocks_; }
    [[nodiscard]] const std::map<std::string, Farewell>& farewells() const { return farewells_; }
    [[nodiscard]] int locked_notices() const { return locked_notices_; }
    /// That the end is near, or that the workload crash-loops.
    [[nodiscard]] const std::vector<Notice>& notices() const { return notices_; }
    [[nodiscard]] const std::vector<Money>& money() const { return money_; }
    [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }
    [[nodiscard]] bool is_everything_answered() const;

private:
    struct Member {
        nostr::SecretKey key;
        std::string hex;
    };

    [[nodiscard]] size_t mint_money();
    [[nodiscard]] size_t mint_money(const std::vector<cashu::Amount>& amounts);
    void spawn(size_t consumer, size_t money);
    void top_up(size_t consumer, const std::string& pod) { top_up(consumer, pod, mint_money()); }
    void top_up(size_t consumer, const std::string& pod, size_t money);
    void ask_status(size_t consumer, const std::string& pod);
    void buy(Purchase purchase);
    void send_copies(size_t purchase);
    std::string send(size_t consumer, const std::string& body, nostr::Wrap wrap);
    void take_answer(size_t consumer, const nostr::DirectMessage& message);
    void take_notice(size_t consumer, const Json& body, const std::string& text);
    void on_locked(size_t consumer, const std::string& pod, int tries);
    void unlock(size_t purchase, const std::string& pod, bool with_right_key, int tries);
    void follow_up_unlock(const Unlock& sent, const std::string& text);
    [[nodiscard]] std::string make_key();
    void follow_up(size_t consumer, const std::string& body);

    Parts p_;
    FakeRelays* relays_ = nullptr;
    test::CountingRandom random_;
    std::vector<Member> members_;
    std::vector<Money> money_;
    std::vector<Purchase> purchases_;
    std::vector<Question> questions_;
    std::vector<Unlock> unlocks_;
    std::map<std::string, Farewell> farewells_; ///< by consumer, pod and time of its end
    std::vector<Notice> notices_;
    int locked_notices_ = 0;
    std::map<std::string, size_t> purchase_of_message_;
    std::map<std::string, size_t> unlock_of_message_;
    std::map<std::string, size_t> purchase_of_pod_; ///< the newest that was granted
    std::map<std::string, size_t> question_of_message_;
    std::set<nostr::EventId> seen_;
    std::vector<std::string> complaints_;
    int follow_ups_left_ = 3;
};

} // namespace berth::sim
