#include "provider/refunds.h"

#include "util/json.h"
#include "util/log.h"

#include <algorithm>

namespace berth::provider {

namespace {

/// A mint that answers makes a token well within this.
constexpr std::chrono::seconds kPatience{5};

OrderedJson money_of(const RefundPart& part, const std::string* token)
{
    OrderedJson money;
    if (token)
        money["token"] = *token;
    money["mint"] = part.mint;
    money["unit"] = cashu::name_of(part.unit);
    money["amount"] = part.amount;
    if (!token)
        money["state"] = "due";
    return money;
}

} // namespace

std::vector<RefundPart> share_out(cashu::Msat owed, const std::vector<Credit>& newest_first)
{
    struct Share {
        std::string mint;
        cashu::Unit unit;
        uint64_t msat;
    };
    std::vector<Share> shares;
    uint64_t left = owed.value;
    for (const Credit& credit : newest_first) {
        const uint64_t given = std::min(left, credit.value.value);
        left -= given;
        const auto same = std::find_if(shares.begin(), shares.end(), [&](const Share& share) {
            return share.mint == credit.mint && share.unit == credit.unit;
        });
        if (same != shares.end())
            same->msat += given;
        else
            shares.push_back({credit.mint, credit.unit, given});
    }
    std::vector<RefundPart> parts;
    for (const Share& share : shares)
        if (const cashu::Amount amount = cashu::from_msat(cashu::Msat{share.msat}, share.unit); amount > 0)
            parts.push_back({share.mint, share.unit, amount});
    return parts;
}

std::string with_money(const Refund& refund, const std::vector<std::string>& tokens)
{
    if (refund.parts.empty())
        return refund.body;
    VERIFY(tokens.empty() || tokens.size() == refund.parts.size());
    OrderedJson body = OrderedJson::parse(refund.body);
    OrderedJson all = OrderedJson::array();
    for (size_t i = 0; i < refund.parts.size(); ++i)
        all.push_back(money_of(refund.parts[i], tokens.empty() ? nullptr : &tokens[i]));
    body[refund.member] = all.front();
    if (all.size() > 1)
        body[refund.member + "s"] = all;
    for (const std::string& token : tokens) {
        // The public client prints the lines of an answer to a spawn, and the details of everything else.
        if (body.contains("instructions"))
            body["instructions"].push_back(refund.member + ": " + token);
        else if (body.contains("details"))
            body["details"] = body["details"].get<std::string>() + " " + token;
        else
            body["details"] = refund.member + ": " + token;
    }
    return dump_json(body);
}

void Refunds::load(UnixTime now)
{
    for (const Refund& refund : failures_.take(store_.load_due()))
        if (!finish(refund) && !refund.announced)
            patience_[refund.key] = now + kPatience;
}

void Refunds::begin(const Refund& refund, UnixTime now)
{
    failures_.check(store_.insert(refund));
    for (size_t i = 0; i < refund.parts.size(); ++i)
        wallet_.request_payout(refund.payout_key(i), refund.parts[i].mint, refund.parts[i].unit, refund.parts[i].amount,
                               now);
    if (!finish(refund))
        patience_[refund.key] = now + kPatience;
}

void Refunds::on_payout(const std::string& payout_key)
{
    const auto refund = failures_.take(store_.find_by_payout(payout_key));
    if (refund && !refund->reply)
        (void)finish(*refund);
}

bool Refunds::finish(Refund refund)
{
    std::vector<std::string> tokens;
    for (size_t i = 0; i < refund.parts.size(); ++i) {
        auto token = wallet_.find_payout(refund.payout_key(i));
        if (!token)
            return false;
        tokens.push_back(std::move(*token));
    }
    refund.reply = with_money(refund, tokens);
    failures_.check(store_.settle(refund.key, *refund.reply));
    patience_.erase(refund.key);
    tell_(refund, *refund.reply);
    return true;
}

void Refunds::tick(UnixTime now)
{
    for (auto waiting = patience_.begin(); waiting != patience_.end();) {
        if (now < waiting->second) {
            ++waiting;
            continue;
        }
        const auto refund = failures_.take(store_.find(waiting->first));
        waiting = patience_.erase(waiting);
        if (!refund)
            continue;
        log::warn("refund {} waits for its mint", refund->key);
        failures_.check(store_.mark_announced(refund->key));
        tell_(*refund, with_money(*refund, {}));
    }
}

UnixTime Refunds::next_due() const
{
    UnixTime due = UnixTime::max();
    for (const auto& [key, give_up_at] : patience_)
        due = std::min(due, give_up_at);
    return due;
}

} // namespace berth::provider
