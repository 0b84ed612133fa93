#include "sim/upkeep_rules.h"

#include <algorithm>

namespace berth::sim {

using namespace std::chrono_literals;

namespace {

constexpr auto kTolerance = 3s;
/// A survey's interval, an Engine's longest absence, and what jobs take.
constexpr auto kNoticedWithin = 110s;
constexpr int kLoopExits = 5;

UnixTime expiry_told_in(const Notice& notice)
{
    return parse_rfc3339(notice.body.at("expires_at").get<std::string>()).value();
}

bool was_locked(const Evidence& evidence, const std::string& pod)
{
    const auto& lives = evidence.engine.history();
    return std::any_of(lives.begin(), lives.end(), [&pod](const ContainerLife& life) {
        return std::to_string(life.number) == pod && life.encrypted && life.noticed != UnixTime{};
    });
}

void judge_warnings(const Evidence& evidence, std::vector<std::string>& wrong)
{
    std::set<std::string> told;
    for (const Notice& notice : evidence.consumers.notices()) {
        if (notice.body.at("notice") != "expiring")
            continue;
        const UnixTime expires = expiry_told_in(notice);
        const std::string end = fmt::format("{} at {}", notice.pod, rfc3339(expires));
        if (!told.insert(end).second)
            wrong.push_back(fmt::format("the end of {} was announced twice", end));
        // Whole seconds: one that starts, or goes on with its owner's key, within the last of them has none to tell of.
        if (notice.body.at("time_remaining_seconds").get<int64_t>() == 0 && !was_locked(evidence, notice.pod) &&
            evidence.process.was_up(expires - 1s, expires))
            wrong.push_back(fmt::format("the end of {} was announced when it was there", end));
    }
}

void judge_crash_loops(const Evidence& evidence, std::vector<std::string>& wrong)
{
    std::map<std::string, int> reports;
    for (const Notice& notice : evidence.consumers.notices())
        reports[notice.pod] += notice.body.at("notice") == "crash_looping";
    for (const auto& [pod, count] : reports) {
        const auto& lives = evidence.engine.history();
        const auto looping = std::count_if(lives.begin(), lives.end(), [&name = pod](const ContainerLife& life) {
            return std::to_string(life.number) == name && life.exits >= kLoopExits;
        });
        if (count > looping)
            wrong.push_back(fmt::format("{} crash loops of {} were reported, there were {}", count, pod, looping));
    }
}

} // namespace

std::vector<std::string> judge_upkeep(const Evidence& evidence)
{
    std::vector<std::string> wrong;
    judge_warnings(evidence, wrong);
    judge_crash_loops(evidence, wrong);
    const auto& lives = evidence.engine.history();
    for (const ContainerLife& lost : lives) {
        // An encrypted one may have been locked since: then it is made anew around what its owner has left.
        if (!lost.vanished || lost.encrypted)
            continue;
        if (std::any_of(lives.begin(), lives.end(), [&](const ContainerLife& other) {
                return other.lease == lost.lease && other.id != lost.id && other.started >= lost.removed;
            }))
            wrong.push_back(fmt::format("lease {} was given a second container", lost.number));
    }
    return wrong;
}

std::vector<std::string> judge_early_end(const Evidence& evidence, const Json& farewell, UnixTime granted,
                                         std::chrono::seconds paid)
{
    std::vector<std::string> wrong;
    const std::string pod = farewell.at("pod_id").get<std::string>();
    const std::chrono::seconds bought{farewell.at("bought_seconds").get<int64_t>()};
    const std::chrono::seconds used{farewell.at("used_seconds").get<int64_t>()};
    const std::chrono::seconds unused{farewell.at("unused_seconds").get<int64_t>()};
    const auto refunded = farewell.at("refund_msat").get<uint64_t>();
    const auto had = parse_rfc3339(farewell.at("ended_at").get<std::string>()).value() - granted;
    if (bought < paid || used + unused != bought)
        wrong.push_back(fmt::format("lease {}: {} s bought, {} used, {} unused, {} paid", pod, bought.count(),
                                    used.count(), unused.count(), paid.count()));
    if (used > had + kTolerance || used + kTolerance < std::min<std::chrono::milliseconds>(had, bought))
        wrong.push_back(fmt::format("lease {}: {} s charged for {} ms", pod, used.count(), had.count()));
    if (refunded != static_cast<uint64_t>(unused.count()) * evidence.rate_msats_per_sec / 1000 * 1000)
        wrong.push_back(fmt::format("lease {}: {} msat go back for {} s", pod, refunded, unused.count()));
    if (refunded > 0 && !farewell.contains("refund"))
        wrong.push_back(fmt::format("lease {}: what is owed never came", pod));
    return wrong;
}

bool is_warning_missing(const Evidence& evidence, size_t consumer, const ContainerLife& life, UnixTime expires)
{
    if (!evidence.process.was_up(expires - evidence.expiry_warning - kTolerance, expires))
        return false;
    const auto& notices = evidence.consumers.notices();
    return std::none_of(notices.begin(), notices.end(), [&](const Notice& notice) {
        return notice.consumer == consumer && notice.pod == std::to_string(life.number) &&
               notice.body.at("notice") == "expiring" && expiry_told_in(notice) == expires;
    });
}

bool is_lost_late(const Evidence& evidence, const ContainerLife& life, UnixTime until)
{
    if (!life.vanished)
        return false;
    const bool was_watched = evidence.process.was_up(life.removed, life.removed + kNoticedWithin);
    return life.removed + (was_watched ? kNoticedWithin : 2 * kNoticedWithin) >= until;
}

} // namespace berth::sim
