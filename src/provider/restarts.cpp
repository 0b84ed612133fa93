#include "provider/restarts.h"

#include "util/json.h"
#include "util/utf8.h"

#include <algorithm>

namespace berth::provider {

namespace {

constexpr std::chrono::seconds kDelayMax{60};
constexpr size_t kStartErrorMax = 300;

int64_t milliseconds_of(UnixTime time)
{
    return time.time_since_epoch().count();
}

UnixTime time_of(int64_t milliseconds)
{
    return UnixTime{std::chrono::milliseconds{milliseconds}};
}

/// 1 s after the first exit, doubling with each one.
std::chrono::seconds delay_after(size_t exits)
{
    return std::min(kDelayMax, std::chrono::seconds{1LL << std::min<size_t>(exits - 1, 6)});
}

} // namespace

void take_exit(Restarts& restarts, Exit exit, UnixTime now)
{
    const bool was_stable = now - restarts.started_at >= kStableAfter && exit.start_error.empty();
    if (was_stable) {
        restarts.exits.clear();
        restarts.is_looping = false;
        restarts.is_reported = false;
    }
    std::erase_if(restarts.exits, [now](UnixTime at) { return at <= now - kLoopWindow; });
    restarts.exits.push_back(now);
    if (restarts.exits.size() > kLoopExits)
        restarts.exits.erase(restarts.exits.begin());
    restarts.is_looping = restarts.is_looping || restarts.exits.size() == kLoopExits;
    exit.start_error = printable(exit.start_error, kStartErrorMax);
    restarts.last = std::move(exit);
    restarts.is_down = true;
    restarts.next_at = now + (restarts.is_looping ? kLoopRetry : delay_after(restarts.exits.size()));
}

void take_start(Restarts& restarts, UnixTime now)
{
    restarts.started_at = now;
    restarts.next_at.reset();
    restarts.is_down = false;
}

std::string encode_restarts(const Restarts& restarts)
{
    Json exits = Json::array();
    for (const UnixTime at : restarts.exits)
        exits.push_back(milliseconds_of(at));
    return dump_json(Json{{"exits_ms", exits},
                          {"started_ms", milliseconds_of(restarts.started_at)},
                          {"next_ms", restarts.next_at ? Json(milliseconds_of(*restarts.next_at)) : Json()},
                          {"down", restarts.is_down},
                          {"looping", restarts.is_looping},
                          {"reported", restarts.is_reported},
                          {"code", restarts.last.code},
                          {"out_of_memory", restarts.last.out_of_memory},
                          {"start_error", restarts.last.start_error}});
}

Result<Restarts> decode_restarts(const std::string& text)
{
    try {
        const Json json = Json::parse(text);
        Restarts restarts;
        for (const Json& at : json.at("exits_ms"))
            restarts.exits.push_back(time_of(at.get<int64_t>()));
        restarts.started_at = time_of(json.at("started_ms").get<int64_t>());
        if (!json.at("next_ms").is_null())
            restarts.next_at = time_of(json.at("next_ms").get<int64_t>());
        restarts.is_down = json.at("down").get<bool>();
        restarts.is_looping = json.at("looping").get<bool>();
        restarts.is_reported = json.at("reported").get<bool>();
        restarts.last = {.code = json.at("code").get<int>(),
                         .out_of_memory = json.at("out_of_memory").get<bool>(),
                         .start_error = json.at("start_error").get<std::string>()};
        return restarts;
    } catch (const Json::exception& problem) {
        return fail(Errc::corrupt, "restarts of a lease: {}", problem.what());
    }
}

} // namespace berth::provider
