#include "sim/consumer.h"

#include "util/base64.h"
#include "util/hex.h"

namespace berth::sim {

using namespace std::chrono_literals;

namespace {

constexpr size_t kMembers = 3;
constexpr const char* kPassword = "correcthorse42";

constexpr unsigned kEncryptedPercent = 40;
/// Of requests in gift wraps: nobody keeps these, so that nobody may ever answer them.
constexpr unsigned kEphemeralPercent = 25;
constexpr unsigned kOwnerNeverComesPercent = 20;
constexpr int kTriesMax = 40;
constexpr auto kTryAgain = 5s;

Json encryption_with(const std::string& key)
{
    return Json{{"version", 1}, {"algorithm", "luks2-aes-xts"}, {"key_b64", key}};
}

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
    std::vector<cashu::Amount> amounts{64, 32};
    if (p_.dice.chance(50))
        amounts.push_back(128);
    if (p_.dice.chance(50))
        amounts.push_back(16);
    return mint_money(amounts);
}

size_t Consumers::mint_money(const std::vector<cashu::Amount>& amounts)
{
    Money money;
    for (const cashu::Amount amount : amounts)
        money.value += amount;
    money.made = p_.clock.now();
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
            if (p_.faults.strike(5)) // in more pieces than a swap may have
                spawn(consumer, mint_money(std::vector<cashu::Amount>(70, 256)));
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
    Json body{{"cashu_token", money_[money].text},
              {"pod_spec_id", "basic"},
              {"pod_image", p_.dice.chance(50) ? "alpine:3" : "debian:12"},
              {"ssh_username", "user"},
              {"ssh_password", kPassword}};
    std::string key;
    if (p_.dice.chance(kEncryptedPercent)) {
        key = make_key();
        body["template_slug"] = "data";
        body["volume_encryption"] = encryption_with(key);
    }
    buy({.consumer = consumer, .money = money, .body = dump_json(body), .volume_key = key});
}

void Consumers::spend_on_top_up(const std::vector<cashu::Amount>& amounts)
{
    const auto& [pod, purchase] = *purchase_of_pod_.rbegin();
    top_up(purchases_[purchase].consumer, pod, mint_money(amounts));
}

void Consumers::top_up(size_t consumer, const std::string& pod, size_t money)
{
    const Json body{{"pod_npub", pod}, {"cashu_token", money_[money].text}};
    buy({.consumer = consumer, .money = money, .is_top_up = true, .body = dump_json(body)});
}

void Consumers::ask_status(size_t consumer, const std::string& pod)
{
    const std::string id = send(consumer, dump_json(Json{{"pod_id", pod}}), nostr::Wrap::stored);
    question_of_message_[id] = questions_.size();
    questions_.push_back({.consumer = consumer, .message_id = id, .answers = {}});
}

std::string Consumers::make_key()
{
    Bytes key(32);
    for (uint8_t& byte : key)
        byte = static_cast<uint8_t>(p_.dice.next());
    return encode_base64(key);
}

void Consumers::take_notice(size_t consumer, const Json& body, const std::string& text)
{
    const std::string pod = body.at("pod_id").get<std::string>();
    if (body.contains("unused_seconds")) {
        const std::string name = fmt::format("{} {} {}", consumer, pod, body.at("ended_at").get<std::string>());
        Farewell& farewell = farewells_[name];
        const bool had_money = farewell.text.find("\"token\"") != std::string::npos;
        if (!had_money)
            farewell = {.consumer = consumer, .pod = pod, .text = text};
        else if (farewell.text != text && text.find("\"token\"") != std::string::npos)
            complaints_.push_back("a lease's rest was given back twice");
        return;
    }
    const std::string kind = body.at("notice").get<std::string>();
    if (kind == "expiring" || kind == "crash_looping")
        return notices_.push_back({.consumer = consumer, .pod = pod, .body = body});
    if (kind != "locked")
        complaints_.push_back("a notice of an unknown kind: " + kind);
    ++locked_notices_;
    on_locked(consumer, pod, 0);
}

void Consumers::on_locked(size_t consumer, const std::string& pod, int tries)
{
    const auto found = purchase_of_pod_.find(pod);
    if (found == purchase_of_pod_.end() || purchases_[found->second].consumer != consumer) {
        // The notice overtook the answer to the spawn.
        if (tries < kTriesMax)
            p_.clock.after(kTryAgain, [this, consumer, pod, tries] { on_locked(consumer, pod, tries + 1); });
        return;
    }
    const size_t purchase = found->second;
    if (purchases_[purchase].volume_key.empty())
        complaints_.push_back("a lease without an encrypted volume is locked");
    if (p_.dice.chance(kOwnerNeverComesPercent))
        return;
    if (p_.dice.chance(30))
        p_.clock.after(p_.dice.between(100, 20'000),
                       [this, purchase, pod] { unlock(purchase, pod, false, kTriesMax); });
    p_.clock.after(p_.dice.between(100, 60'000), [this, purchase, pod] { unlock(purchase, pod, true, 0); });
    if (p_.dice.chance(25))
        p_.clock.after(p_.dice.between(100, 90'000), [this, purchase, pod] { unlock(purchase, pod, true, 0); });
}

void Consumers::unlock(size_t purchase, const std::string& pod, bool with_right_key, int tries)
{
    const std::string key = with_right_key ? purchases_[purchase].volume_key : make_key();
    const Json body{{"request", "unlock"}, {"pod_id", pod}, {"volume_encryption", encryption_with(key)}};
    const size_t consumer = purchases_[purchase].consumer;
    const std::string id = send(consumer, dump_json(body), nostr::Wrap::stored);
    if (!unlock_of_message_.emplace(id, unlocks_.size()).second)
        return; // to the second the same message as before, and so one request
    unlocks_.push_back({.consumer = consumer,
                        .purchase = purchase,
                        .pod = pod,
                        .is_right = with_right_key,
                        .tries = tries,
                        .message_id = id});
}

void Consumers::follow_up_unlock(const Unlock& sent, const std::string& text)
{
    const Json answer = Json::parse(text);
    const bool failed = answer.value("error_type", "") == "backend_error";
    if (failed && sent.is_right && sent.tries < kTriesMax)
        p_.clock.after(kTryAgain, [this, purchase = sent.purchase, pod = sent.pod, tries = sent.tries] {
            unlock(purchase, pod, true, tries + 1);
        });
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
    const bool is_first = purchases_[purchase].answers.empty();
    const nostr::Wrap wrap =
        !is_first && p_.dice.chance(kEphemeralPercent) ? nostr::Wrap::ephemeral : nostr::Wrap::stored;
    const std::string id = send(purchases_[purchase].consumer, purchases_[purchase].body, wrap);
    purchase_of_message_[id] = purchase;
    if (wrap == nostr::Wrap::stored)
        purchases_[purchase].answers[id];
}

std::string Consumers::send(size_t consumer, const std::string& body, nostr::Wrap wrap)
{
    const int64_t now = unix_seconds(p_.clock.now());
    const bool is_wrapped = wrap == nostr::Wrap::ephemeral || p_.dice.chance(25);
    const auto made =
        nostr::make_direct_message({.transport = is_wrapped ? nostr::Transport::nip17 : nostr::Transport::nip04,
                                    .receiver = p_.provider,
                                    .text = body,
                                    .in_reply_to = std::nullopt,
                                    .rumor_time = now,
                                    .event_time = now - static_cast<int64_t>(p_.dice.below(5)),
                                    .wrap = wrap},
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
        if (const Json body = Json::parse(message.text); body.contains("node_port") && !bought.is_top_up)
            purchase_of_pod_[body.at("pod_npub").get<std::string>().substr(std::string_view{"container-"}.size())] =
                purchase->second;
        return follow_up(consumer, message.text);
    }
    if (const auto sent = unlock_of_message_.find(id); sent != unlock_of_message_.end()) {
        Unlock& asked = unlocks_[sent->second];
        asked.answers.insert(message.text);
        return follow_up_unlock(Unlock{asked}, message.text);
    }
    if (const Json body = Json::parse(message.text); id.empty() && body.contains("notice"))
        return take_notice(consumer, body, message.text);
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
    for (const Unlock& unlock : unlocks_)
        if (unlock.answers.empty())
            return false;
    for (const auto& [name, farewell] : farewells_)
        if (farewell.text.find("\"due\"") != std::string::npos)
            return false;
    return true;
}

} // namespace berth::sim
