#include "sim/lock_rules.h"

#include <algorithm>

namespace berth::sim {

using namespace std::chrono_literals;

namespace {

/// Between what the Engine did and what the core's clock says of it.
constexpr auto kTolerance = 3s;

/// From the end of a lease to the removal of its container, with a try or two that fails.
constexpr auto kOverWithin = 10s;

/// Whether one consumer had several leases of this number, so that a key may be another one's.
bool is_ambiguous(const Evidence& evidence, const Unlock& unlock)
{
    const auto& purchases = evidence.consumers.purchases();
    return std::count_if(purchases.begin(), purchases.end(), [&](const Purchase& each) {
               return each.consumer == unlock.consumer && !each.is_top_up && !each.volume_key.empty();
           }) > 1;
}

std::optional<std::string> objection_to(const Evidence& evidence, const Unlock& unlock)
{
    if (unlock.answers.size() != 1)
        return fmt::format("an unlock has {} answers", unlock.answers.size());
    const Json answer = Json::parse(*unlock.answers.begin());
    const std::string error = answer.value("error_type", "");
    if (!unlock.is_right && error.empty())
        return "a wrong key opened a volume";
    if (error == "volume_broken")
        return "a whole volume was called broken";
    if (unlock.is_right && error == "wrong_volume_key" && !is_ambiguous(evidence, unlock))
        return "the right key was called a wrong one";
    return std::nullopt;
}

} // namespace

std::vector<std::string> judge_unlocks(const Evidence& evidence)
{
    std::vector<std::string> wrong;
    for (const Unlock& unlock : evidence.consumers.unlocks())
        if (auto objection = objection_to(evidence, unlock))
            wrong.push_back(std::move(*objection));
    const auto& lives = evidence.engine.history();
    const auto lockable = std::count_if(lives.begin(), lives.end(), [](const ContainerLife& life) {
        return life.encrypted && life.noticed != UnixTime{};
    });
    // Once per power cut and lease: never while a volume is open.
    if (evidence.consumers.locked_notices() > lockable)
        wrong.push_back(fmt::format("{} notices of locked leases, {} were found locked",
                                    evidence.consumers.locked_notices(), lockable));
    if (evidence.engine.volumes() != 0)
        wrong.push_back(fmt::format("{} encrypted volumes are left", evidence.engine.volumes()));
    return wrong;
}

std::optional<Json> find_farewell(const Evidence& evidence, size_t consumer, const ContainerLife& life)
{
    for (const auto& [name, farewell] : evidence.consumers.farewells()) {
        if (farewell.consumer != consumer || farewell.pod != std::to_string(life.number))
            continue;
        const Json body = Json::parse(farewell.text);
        const UnixTime ended = parse_rfc3339(body.at("ended_at").get<std::string>()).value();
        if (ended + 1s >= life.started && ended <= life.cleared)
            return body;
    }
    return std::nullopt;
}

std::vector<std::string> judge_locked_time(const Evidence& evidence, const ContainerLife& life,
                                           const std::optional<Json>& farewell, UnixTime granted,
                                           std::chrono::seconds paid)
{
    std::vector<std::string> wrong;
    const bool was_locked = life.encrypted && life.noticed != UnixTime{};
    // Unlocked, and removed by somebody: the clock goes on until that is noticed, as it does for any lease.
    const auto unnoticed = life.vanished ? life.cleared - life.removed : 0ms;
    // Its time was over while it was being looked at: then it ended as any lease does.
    const bool was_over = life.removed < life.noticed + kOverWithin;
    if (!farewell && was_over)
        return wrong;
    if (!farewell) {
        if (was_locked && !life.is_running && life.changed == life.power_lost)
            wrong.push_back(fmt::format("lease {} was never unlocked, and its owner heard of no end", life.number));
        if (was_locked && evidence.lock_stops_clock && life.exits == 0 &&
            life.served + (life.noticed - life.power_lost) + unnoticed + kTolerance < paid)
            wrong.push_back(fmt::format("locked lease {} served {} ms for {} s paid", life.number, life.served.count(),
                                        paid.count()));
        return wrong;
    }
    const std::chrono::seconds bought{farewell->at("bought_seconds").get<int64_t>()};
    const std::chrono::seconds used{farewell->at("used_seconds").get<int64_t>()};
    const std::chrono::seconds unused{farewell->at("unused_seconds").get<int64_t>()};
    const auto refunded = farewell->at("refund_msat").get<uint64_t>();
    if (!was_locked)
        wrong.push_back(fmt::format("lease {} ended early, and was not locked", life.number));
    if (bought < paid || used + unused != bought)
        wrong.push_back(fmt::format("lease {}: {} s bought, {} used, {} unused, {} paid", life.number, bought.count(),
                                    used.count(), unused.count(), paid.count()));
    if (refunded != static_cast<uint64_t>(unused.count()) * evidence.rate_msats_per_sec / 1000 * 1000)
        wrong.push_back(fmt::format("lease {}: {} msat go back for {} s", life.number, refunded, unused.count()));
    if (refunded > 0 && !farewell->contains("refund"))
        wrong.push_back(fmt::format("lease {}: what is owed never came", life.number));
    if (evidence.lock_stops_clock && life.exits == 0 &&
        used > life.served + (life.noticed - life.power_lost) + unnoticed + kTolerance)
        wrong.push_back(
            fmt::format("lease {}: {} s charged for {} ms", life.number, used.count(), life.served.count()));
    // Before its answer reached the core a container ran for nothing.
    const auto early = std::max(0ms, std::chrono::duration_cast<std::chrono::milliseconds>(granted - life.started));
    if (used + kTolerance + early < life.served)
        wrong.push_back(
            fmt::format("lease {}: {} ms served, {} s charged", life.number, life.served.count(), used.count()));
    return wrong;
}

std::vector<std::string> tokens_of_farewells(const Evidence& evidence)
{
    std::vector<std::string> tokens;
    for (const auto& [name, farewell] : evidence.consumers.farewells()) {
        const Json body = Json::parse(farewell.text);
        if (body.contains("refund") && body.at("refund").contains("token"))
            tokens.push_back(body.at("refund").at("token").get<std::string>());
        if (body.contains("refunds"))
            tokens.emplace_back(); // one mint, one token: counted as one that can't be redeemed
    }
    return tokens;
}

} // namespace berth::sim
