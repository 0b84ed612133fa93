#pragma once
// Consumers: they buy over both transports, send the same payment in several events, and write down every answer.

#include "nostr/direct_message.h"
#include "sim/fake_relays.h"
#include "support/fake_mint.h"

#include <set>

namespace berth::sim {

/// A token that exists, and whose it was.
struct Money {
    std::string text;
    std::vector<cashu::Proof> proofs;
    cashu::Amount value = 0;
    bool spent_elsewhere = false;
};

/// One thing asked with one token by one consumer, in however many events.
struct Purchase {
    size_t consumer = 0;
    size_t money = 0;
    bool is_top_up = false;
    std::string body;
    std::map<std::string, std::set<std::string>> answers; ///< by hex message id; empty while there is none
};

/// A question without money.
struct Question {
    size_t consumer = 0;
    std::string message_id;
    std::set<std::string> answers;
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
    /// A relay took an event in.
    void on_event(const nostr::Event& event);

    [[nodiscard]] const std::vector<Purchase>& purchases() const { return purchases_; }
    [[nodiscard]] const std::vector<Question>& questions() const { return questions_; }
    [[nodiscard]] const std::vector<Money>& money() const { return money_; }
    [[nodiscard]] const std::vector<std::string>& complaints() const { return complaints_; }
    [[nodiscard]] bool is_everything_answered() const;

private:
    struct Member {
        nostr::SecretKey key;
        std::string hex;
    };

    [[nodiscard]] size_t mint_money();
    void spawn(size_t consumer, size_t money);
    void top_up(size_t consumer, const std::string& pod);
    void ask_status(size_t consumer, const std::string& pod);
    void buy(Purchase purchase);
    void send_copies(size_t purchase);
    std::string send(size_t consumer, const std::string& body);
    void take_answer(size_t consumer, const nostr::DirectMessage& message);
    void follow_up(size_t consumer, const std::string& body);

    Parts p_;
    FakeRelays* relays_ = nullptr;
    test::CountingRandom random_;
    std::vector<Member> members_;
    std::vector<Money> money_;
    std::vector<Purchase> purchases_;
    std::vector<Question> questions_;
    std::map<std::string, size_t> purchase_of_message_;
    std::map<std::string, size_t> question_of_message_;
    std::set<nostr::EventId> seen_;
    std::vector<std::string> complaints_;
    int follow_ups_left_ = 3;
};

} // namespace berth::sim
