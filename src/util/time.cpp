#include "util/time.h"

#include <cstdio>
#include <ctime>

namespace berth {

UnixTime wall_clock_now()
{
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

int64_t unix_seconds(UnixTime time)
{
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

UnixTime from_unix_seconds(int64_t seconds)
{
    return UnixTime{std::chrono::seconds{seconds}};
}

std::string rfc3339(UnixTime time)
{
    const std::time_t seconds = unix_seconds(time);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                       parts.tm_hour, parts.tm_min, parts.tm_sec);
}

Result<UnixTime> parse_rfc3339(std::string_view text)
{
    std::tm parts{};
    int consumed = 0;
    const std::string copy{text.substr(0, 64)};
    if (std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &parts.tm_year, &parts.tm_mon, &parts.tm_mday,
                    &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &consumed) != 6)
        return fail(Errc::bad_input, "not an RFC 3339 time");
    std::string_view rest = std::string_view{copy}.substr(static_cast<size_t>(consumed));
    if (rest.starts_with('.')) {
        rest.remove_prefix(1);
        while (!rest.empty() && rest.front() >= '0' && rest.front() <= '9')
            rest.remove_prefix(1);
    }
    if (rest != "Z" && rest != "+00:00")
        return fail(Errc::bad_input, "not a UTC time");
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    return from_unix_seconds(timegm(&parts));
}

std::string human_duration(std::chrono::seconds duration)
{
    const int64_t total = duration.count();
    if (total >= 3600)
        return fmt::format("{} h {:02} min {:02} s", total / 3600, total / 60 % 60, total % 60);
    if (total >= 60)
        return fmt::format("{} min {:02} s", total / 60, total % 60);
    return fmt::format("{} s", total);
}

} // namespace berth
