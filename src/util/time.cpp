#include "util/time.h"

#include <algorithm>
#include <ctime>

namespace berth {

namespace {

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/// The decimal number in `length` characters that are known to be digits.
int number_at(std::string_view text, size_t position, size_t length)
{
    int number = 0;
    for (const char c : text.substr(position, length))
        number = number * 10 + (c - '0');
    return number;
}

} // namespace

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
    // A digit stands for any digit, everything else for itself.
    constexpr std::string_view shape = "0000-00-00T00:00:00";
    const auto fits = [](char expected, char c) { return expected == '0' ? is_digit(c) : c == expected; };
    if (text.size() < shape.size() || !std::equal(shape.begin(), shape.end(), text.begin(), fits))
        return fail(Errc::bad_input, "not an RFC 3339 time");
    const std::chrono::year_month_day date{std::chrono::year{number_at(text, 0, 4)},
                                           std::chrono::month{static_cast<unsigned>(number_at(text, 5, 2))},
                                           std::chrono::day{static_cast<unsigned>(number_at(text, 8, 2))}};
    const std::chrono::hours hours{number_at(text, 11, 2)};
    const std::chrono::minutes minutes{number_at(text, 14, 2)};
    const std::chrono::seconds seconds{number_at(text, 17, 2)}; // 60 in a leap second
    if (!date.ok() || hours.count() > 23 || minutes.count() > 59 || seconds.count() > 60)
        return fail(Errc::bad_input, "no such time");
    std::string_view zone = text.substr(shape.size());
    if (zone.size() > 1 && zone[0] == '.' && is_digit(zone[1])) {
        zone.remove_prefix(1);
        while (!zone.empty() && is_digit(zone.front()))
            zone.remove_prefix(1);
    }
    if (zone != "Z" && zone != "+00:00")
        return fail(Errc::bad_input, "not a UTC time");
    return UnixTime{std::chrono::sys_days{date} + hours + minutes + seconds};
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
