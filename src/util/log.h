#pragma once
// Logging to stderr, one line an entry. `info` is what an operator wants to read next week; nothing that a stranger can
// trigger at will is above `debug`. Never a secret, token or message body.

#include <fmt/core.h>

#include <string_view>

namespace berth::log {

enum class Level { debug, info, warn, error };

void set_level(Level level);
[[nodiscard]] bool is_enabled(Level level);
void write(Level level, std::string_view text);

template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args)
{
    if (is_enabled(Level::debug))
        write(Level::debug, fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args)
{
    if (is_enabled(Level::info))
        write(Level::info, fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
void warn(fmt::format_string<Args...> format, Args&&... args)
{
    if (is_enabled(Level::warn))
        write(Level::warn, fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
void error(fmt::format_string<Args...> format, Args&&... args)
{
    write(Level::error, fmt::format(format, std::forward<Args>(args)...));
}

} // namespace berth::log
