#include "sim/consumer.h"

#include "util/hex.h"
#include "util/json.h"

namespace berth::sim {

using namespace std::chrono_literals;

namespace {

constexpr size_t kMembers = 3;
constexpr const char* kPassword = "correcthorse42";

nostr::SecretKey key_of(uint8_t last_byte)
{
    Bytes32 bytes{};
    bytes.back() = last_byte;
    return nostr::SecretKey::create(bytes).value();
}

} // namespace

Consumers::Consumers(Parts parts) : p_{parts}, random_{p_.dice.next()}
{
    for (size_t i = 0; i < kMembers; ++i) {
        nostr::SecretKey key = key_of(static_cast<uint8_t>(10 + i));
        std::string hex = nostr::PublicKey::of(key).hex();
        members_.push_back({std::move(key), std::move(hex)});
    }
}

size_t Consumers::mint_money()
{
    Money money;
    std::vector<cashu::Amount> amounts{64, 32};
    if (p_.dice.chance(50))
        amounts.push_back(128);
    if (p_.dice.chance(50))
        amounts.push_back(16);
    for (const cashu::Amount amount : amounts)
        money.value += amount;
    money.proofs = p_.mint.issue(amounts);
    money.text =
        cashu::encode_token({.mint = p_.mint.url(), .unit = "sat", .memo = std::nullopt, .proofs = money.proofs});
    money_.push_back(std::move(money));
    return money_.size() - 1;
}

void Consumers::plan(int purchases, std::chrono::milliseconds within)
{
    for (int i = 0; i < purchases; ++i) {
        p_.clock.after(p_.dice.between(0, within.count()), [this] {
            const size_t consumer = p_.dice.below(kMembers);
            const size_t money = mint_money();
            spawn(consumer, money);
            if (p_.faults.strike(8)) // somebody else shows the same token
                spawn((consumer + 1) % kMembers, money);
            if (p_.faults.strike(6)) // the payer spends it behind our back
                p_.clock.after(p_.dice.between(0, 3'000), [this, money] {
                    if (!p_.mint.accepts(money_[money].proofs))
                        return;
                    p_.mint.spend(money_[money].proofs);
                    money_[money].spent_elsewhere = true;
                });
        });
    }
}

void Consumers::spawn(size_t consumer, size_t money)
{
    const Json body{{"cashu_token", money_[money].text},
                    {"pod_spec_id", "basic"},
                    {"pod_image", p_.dice.chance(50) ? "alpine:3" : "debian:12"},
                    {"ssh_username", "user"},
                    {"ssh_password", kPassword}};
    buy({.consumer = consumer, .money = money, .body = dump_json(body)});
}

void Consumers::top_up(size_t consumer, const std::string& pod)
{
    const size_t money = mint_money();
    const Json body{{"pod_npub", pod}, {"cashu_token", money_[money].text}};
    buy({.consumer = consumer, .money = money, .is_top_up = true, .body = dump_json(body)});
}

void Consumers::ask_status(size_t consumer, const std::string& pod)
{
    const std::string id = send(consumer, dump_json(Json{{"pod_id", pod}}));
    question_of_message_[id] = questions_.size();
    questions_.push_back({.consumer = consumer, .message_id = id, .answers = {}});
}

void Consumers::buy(Purchase purchase)
{
    purchases_.push_back(std::move(purchase));
    const size_t index = purchases_.size() - 1;
    send_copies(index);
    if (p_.dice.chance(40)) {
        const auto later = p_.dice.chance(50) ? p_.dice.between(0, 500) : p_.dice.between(500, 90'000);
        p_.clock.after(later, [this, index] { send_copies(index); });
    }
    if (p_.dice.chance(15)) // long after everything is over
        p_.clock.after(p_.dice.between(300'000, 500'000), [this, index] { send_copies(index); });
}

void Consumers::send_copies(size_t purchase)
{
    const std::string id = send(purchases_[purchase].consumer, purchases_[purchase].body);
    purchase_of_message_[id] = purchase;
    purchases_[purchase].answers[id];
}

std::string Consumers::send(size_t consumer, const std::string& body)
{
    const int64_t now = unix_seconds(p_.clock.now());
    const auto made =
        nostr::make_direct_message({.transport = p_.dice.chance(25) ? nostr::Transport::nip17 : nostr::Transport::nip04,
                                    .receiver = p_.provider,
                                    .text = body,
                                    .in_reply_to = std::nullopt,
                                    .rumor_time = now,
                                    .event_time = now - static_cast<int64_t>(p_.dice.below(5))},
                                   members_[consumer].key, random_);
    const size_t first = p_.dice.below(relays_->count());
    for (size_t i = 0; i < relays_->count(); ++i) {
        if (i > 0 && p_.faults.strike(30))
            continue; // this one never gets it
        const size_t relay = (first + i) % relays_->count();
        p_.clock.after(p_.dice.between(1, 300), [this, relay, event = made->event] { relays_->publish(relay, event); });
    }
    return encode_hex(made->message_id);
}

void Consumers::on_event(const nostr::Event& event)
{
    if (event.pubkey != p_.provider.bytes() && event.kind != nostr::kind::gift_wrap)
        return;
    for (size_t i = 0; i < members_.size(); ++i) {
        if (!event.has_tag("p", members_[i].hex) || !seen_.insert(event.id).second)
            continue;
        const auto message = nostr::open_direct_message(event, members_[i].key, unix_seconds(p_.clock.now()));
        if (!message || message->sender != p_.provider)
            complaints_.push_back("an answer that its receiver can't open");
        else
            take_answer(i, *message);
    }
}

void Consumers::take_answer(size_t consumer, const nostr::DirectMessage& message)
{
    const std::string id = message.in_reply_to.value_or("");
    if (const auto purchase = purchase_of_message_.find(id); purchase != purchase_of_message_.end()) {
        Purchase& bought = purchases_[purchase->second];
        if (bought.consumer != consumer)
            complaints_.push_back("an answer to somebody else");
        bought.answers[id].insert(message.text);
        return follow_up(consumer, message.text);
    }
    if (const auto question = question_of_message_.find(id); question != question_of_message_.end())
        questions_[question->second].answers.insert(message.text);
    else
        complaints_.push_back("an answer to no request");
}

void Consumers::follow_up(size_t consumer, const std::string& body)
{
    const Json answer = Json::parse(body);
    if (follow_ups_left_ == 0 || p_.faults.is_healed() || !answer.contains("node_port"))
        return;
    --follow_ups_left_;
    const std::string pod = answer.at("pod_npub").get<std::string>();
    p_.clock.after(p_.dice.between(500, 200'000),
                   [this, consumer, pod] { p_.dice.chance(70) ? top_up(consumer, pod) : ask_status(consumer, pod); });
}

bool Consumers::is_everything_answered() const
{
    for (const Purchase& purchase : purchases_)
        for (const auto& [id, answers] : purchase.answers)
            if (answers.empty())
                return false;
    for (const Question& question : questions_)
        if (question.answers.empty())
            return false;
    return true;
}

} // namespace berth::sim
