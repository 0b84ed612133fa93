#include "sim/invariant.h"

#include "sim/lock_rules.h"
#include "sim/upkeep_rules.h"

#include "util/json.h"

#include <algorithm>
#include <limits>

namespace berth::sim {

using namespace std::chrono_literals;

namespace {

/// What one purchase came to, read off its answers.
struct Settlement {
    bool granted = false;
    int64_t ordered_at = std::numeric_limits<int64_t>::max(); ///< when the first request that it answers was served, ms
    std::string refund;                                       ///< token text
    Json body;                                                ///< of the grant
};

class Judge {
public:
    explicit Judge(const Evidence& evidence) : e_{evidence} {}

    Verdict judge()
    {
        for (const std::string& complaint : e_.consumers.complaints())
            object("{}", complaint);
        const auto& purchases = e_.consumers.purchases();
        for (size_t i = 0; i < purchases.size(); ++i)
            results_.push_back(read(i, purchases[i]));
        for (const Question& question : e_.consumers.questions())
            if (question.answers.size() != 1)
                object("question {} has {} answers", question.message_id, question.answers.size());
        for (size_t i = 0; i < e_.consumers.money().size(); ++i)
            judge_money(i);
        judge_leases();
        for (const std::string& objection : judge_unlocks(e_))
            object("{}", objection);
        judge_upkeep();
        count_sats();
        if (!e_.engine.running().empty() || e_.engine.networks() != 0)
            object("{} containers and {} networks are left", e_.engine.running().size(), e_.engine.networks());
        return std::move(verdict_);
    }

private:
    template <class... Args>
    void object(fmt::format_string<Args...> format, Args&&... args)
    {
        verdict_.violations.push_back(fmt::format(format, std::forward<Args>(args)...));
    }

    int64_t served_at(const std::string& request)
    {
        const auto found = e_.served_at.find(request);
        if (found != e_.served_at.end())
            return found->second;
        object("the provider has no row of a request that it answered");
        return 0;
    }

    Settlement read(size_t index, const Purchase& purchase)
    {
        Settlement result;
        std::set<std::string> final_bodies;
        std::vector<int64_t> disowned_at;
        for (const auto& [id, answers] : purchase.answers) {
            if (answers.size() != 1)
                object("request {} of purchase {} has {} answers", id, index, answers.size());
            for (const std::string& text : answers) {
                const Json body = Json::parse(text);
                if (body.contains("refund"))
                    result.refund = body.at("refund").at("token").get<std::string>();
                else if (!body.contains("error_type")) {
                    result.granted = true;
                    result.body = body;
                } else {
                    const Json& type = body.at("error_type");
                    if (type == "token_already_spent" || type == "token_pending" || type == "lease_expired" ||
                        type == "not_found")
                        disowned_at.push_back(served_at(id));
                    continue;
                }
                final_bodies.insert(text);
                result.ordered_at = std::min(result.ordered_at, served_at(id));
            }
        }
        if (final_bodies.size() > 1)
            object("purchase {} was settled in {} ways", index, final_bodies.size());
        const auto& all = e_.consumers.purchases();
        const auto sharing =
            std::count_if(all.begin(), all.end(), [&](const Purchase& each) { return each.money == purchase.money; });
        // A refusal that came first was true: another's top-up may have revived the lease before the request came
        // again.
        const bool was_disowned =
            std::any_of(disowned_at.begin(), disowned_at.end(), [&](int64_t at) { return at >= result.ordered_at; });
        if (was_disowned && !final_bodies.empty() && sharing == 1)
            object("purchase {} was settled, and told all the same that nothing was taken", index);
        verdict_.granted += result.granted;
        verdict_.refunded += !result.refund.empty();
        return result;
    }

    void judge_money(size_t index)
    {
        const Money& money = e_.consumers.money()[index];
        const auto spent = std::count_if(money.proofs.begin(), money.proofs.end(),
                                         [&](const auto& proof) { return e_.mint.is_spent(proof); });
        minted_ += money.value;
        const bool is_spent = spent != 0;
        if (is_spent && static_cast<size_t>(spent) != money.proofs.size())
            object("token {} is spent in part", index);
        int settled = 0;
        for (size_t i = 0; i < results_.size(); ++i)
            if (e_.consumers.purchases()[i].money == index)
                settled += results_[i].granted + !results_[i].refund.empty();
        const bool was_taken = is_spent && !money.spent_elsewhere;
        if (settled != (was_taken ? 1 : 0))
            object("token {} ({}) was settled {} times", index, was_taken ? "taken" : "not taken", settled);
        if (!is_spent)
            unspent_ += money.value;
        if (money.spent_elsewhere)
            elsewhere_ += money.value;
    }

    /// Every grant is a container of its own that lived as long as was paid for.
    void judge_leases()
    {
        std::set<std::string> taken;
        for (size_t i = 0; i < results_.size(); ++i) {
            const Purchase& purchase = e_.consumers.purchases()[i];
            if (!results_[i].granted || purchase.is_top_up)
                continue;
            const UnixTime expires = parse_rfc3339(results_[i].body.at("expires_at").get<std::string>()).value();
            const std::string pod = results_[i].body.at("pod_npub").get<std::string>();
            const ContainerLife* life = find_life(pod, expires - seconds_of(purchase), expires, purchase.consumer);
            if (!life)
                object("the lease of purchase {} has no container for all of its time", i);
            else if (!taken.insert(life->id).second)
                object("purchase {} shares its container with another", i);
            else if (life->encrypted && life->noticed != UnixTime{})
                judge_lock(i, *life, expires - seconds_of(purchase));
            else if (const auto farewell = find_farewell(e_, purchase.consumer, *life))
                judge_farewell(*farewell, expires - seconds_of(purchase), seconds_of(purchase));
            else
                judge_end(purchase.consumer, *life, judge_top_ups(pod, *life, expires));
        }
        std::set<std::string> leases;
        for (const ContainerLife& life : e_.engine.history())
            leases.insert(life.lease);
        const auto spawned =
            std::count_if(e_.consumers.money().begin(), e_.consumers.money().end(),
                          [&](const auto& m) { return !m.spent_elsewhere && e_.mint.is_spent(m.proofs.front()); });
        if (leases.size() > static_cast<size_t>(spawned))
            object("{} leases ran for {} payments", leases.size(), spawned);
    }

    void judge_lock(size_t index, const ContainerLife& life, UnixTime granted)
    {
        const Purchase& purchase = e_.consumers.purchases()[index];
        for (const std::string& objection :
             judge_locked_time(e_, life, find_farewell(e_, purchase.consumer, life), granted, seconds_of(purchase)))
            object("{}", objection);
    }

    void judge_farewell(const Json& farewell, UnixTime granted, std::chrono::seconds paid)
    {
        for (const std::string& objection : judge_early_end(e_, farewell, granted, paid))
            object("{}", objection);
    }

    void judge_end(size_t consumer, const ContainerLife& life, UnixTime expires)
    {
        if (!life.vanished && is_warning_missing(e_, consumer, life, expires))
            object("lease {} ended at {} without a warning", life.number, rfc3339(expires));
    }

    void judge_upkeep()
    {
        for (const std::string& objection : sim::judge_upkeep(e_))
            object("{}", objection);
        for (const ContainerLife& life : e_.engine.history())
            verdict_.vanished += life.vanished;
        for (const Notice& notice : e_.consumers.notices())
            ++(notice.body.at("notice") == "expiring" ? verdict_.warnings : verdict_.crash_loops);
    }

    /// When its time was over.
    UnixTime judge_top_ups(const std::string& pod, const ContainerLife& life, UnixTime expires)
    {
        UnixTime last = expires;
        std::chrono::seconds added{0};
        for (size_t i = 0; i < results_.size(); ++i) {
            if (!results_[i].granted || !e_.consumers.purchases()[i].is_top_up ||
                results_[i].body.at("pod_npub") != pod)
                continue;
            const UnixTime until = parse_rfc3339(results_[i].body.at("new_expires_at").get<std::string>()).value();
            const bool is_earlier =
                until < life.started || results_[i].ordered_at < life.started.time_since_epoch().count();
            if (is_earlier || (life.removed != UnixTime::max() && until > life.removed + 1s))
                continue; // of another lease that had this number
            added += seconds_of(e_.consumers.purchases()[i]);
            last = std::max(last, until);
        }
        if (last != expires + added)
            object("{} was extended by {} s in all, {} s were paid", pod,
                   std::chrono::duration_cast<std::chrono::seconds>(last - expires).count(), added.count());
        return last;
    }

    std::chrono::seconds seconds_of(const Purchase& purchase) const
    {
        const Money& money = e_.consumers.money()[purchase.money];
        const uint64_t net = money.value - e_.mint.fee_of(money.proofs);
        return std::chrono::seconds{static_cast<int64_t>(net * 1000 / e_.rate_msats_per_sec)};
    }

    const ContainerLife* find_life(const std::string& pod, UnixTime from, UnixTime until, size_t consumer) const
    {
        for (const ContainerLife& life : e_.engine.history()) {
            if (pod != fmt::format("container-{}", life.number) || life.started > from + 1s || life.removed < from)
                continue;
            if (life.removed >= until || is_lost_late(e_, life, until) || find_farewell(e_, consumer, life))
                return &life;
        }
        return nullptr;
    }

    void count_sats()
    {
        cashu::Amount refunds = 0;
        std::vector<std::string> tokens = tokens_of_farewells(e_);
        for (const Settlement& result : results_)
            if (!result.refund.empty())
                tokens.push_back(result.refund);
        for (const std::string& token : tokens) {
            std::vector<cashu::Proof> proofs = cashu::decode_token(token).value().proofs;
            for (cashu::Proof& proof : proofs)
                proof.keyset_id = cashu::expand_keyset_id(proof.keyset_id, e_.mint.keyset_ids()).value();
            if (!e_.mint.accepts(proofs))
                object("a refund can't be redeemed");
            e_.mint.spend(proofs);
            refunds += cashu::total(proofs).value();
        }
        const cashu::Amount held = e_.provider_balance.value / 1000;
        if (minted_ != unspent_ + elsewhere_ + refunds + held + e_.mint.fees_taken)
            object("{} sats were minted; {} unspent, {} spent elsewhere, {} refunded, {} at the provider, {} in fees",
                   minted_, unspent_, elsewhere_, refunds, held, e_.mint.fees_taken);
    }

    const Evidence& e_;
    Verdict verdict_;
    std::vector<Settlement> results_;
    cashu::Amount minted_ = 0;
    cashu::Amount unspent_ = 0;
    cashu::Amount elsewhere_ = 0;
};

} // namespace

Verdict judge(const Evidence& evidence)
{
    return Judge{evidence}.judge();
}

} // namespace berth::sim
